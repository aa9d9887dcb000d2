"""What every long-lived process shares: JSON logging, metrics and health endpoints."""
