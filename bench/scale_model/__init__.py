"""Extrapolates the cost of one lead to millions: pure functions of measured costs and assumptions."""
