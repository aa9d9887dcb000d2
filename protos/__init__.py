"""The gRPC contract between handler and launcher."""
