"""The experiments: each study is a folder with its parameters, stages, results and code."""
