"""The DeepLIFT engine: rules as data, RevealCancel, refusals, completeness."""
