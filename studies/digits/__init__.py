"""The course project's experiments on MNIST."""
