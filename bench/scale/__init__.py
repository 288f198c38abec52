"""What one lead costs, carried to millions: pure functions of what was measured and of what is assumed."""
