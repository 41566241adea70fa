"""What the source work, a thesis on the same scans, reports in its tables 3 to 6.

Its network is a perceptron 784-256-128-33. Accuracies are shares.
"""

# Letters read on each device.
PICTURES = 10_000

# Of the best epoch, on the test set that also chose it.
BEST_ACCURACY = 0.96545

# On all devices alike.
ACCURACY = {"fp32": 0.9623, "fp16": 0.9619}

# For PICTURES letters.
SECONDS = {
    "Ideapad": {"fp32": 2.7978, "fp16": 2.6111},
    "Raspberry Pi 4": {"fp32": 9.6059, "fp16": 8.7375},
    "MacBook Pro": {"fp32": 0.6824, "fp16": 0.6757},
    "PC1": {"fp32": 1.8161, "fp16": 1.7865},
    "PC2": {"fp32": 1.4610, "fp16": 1.4570},
}
