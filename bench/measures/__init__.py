"""What several benchmarks measure with: percentiles, sampled stacks, wake-ups, the machine."""
