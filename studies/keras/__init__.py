"""The same networks on `pipeline.nn` and on Keras."""
