"""All layers, by the names that a network's description calls them."""

from .activations import ACTIVATIONS
from .activity import ActivityRegularization
from .convolution import Convolution
from .dense import Dense, Flatten
from .depthwise import DepthwiseConvolution
from .dropout import Dropout
from .joining import Add, Concatenate, Upsample
from .layer import Layer
from .normalization import BatchNormalization
from .pooling import AveragePooling, GlobalAveragePooling, MaxPooling

LAYERS: dict[str, type[Layer]] = {
    layer.type: layer
    for layer in (
        Dense,
        Convolution,
        DepthwiseConvolution,
        MaxPooling,
        AveragePooling,
        GlobalAveragePooling,
        Flatten,
        Dropout,
        BatchNormalization,
        ActivityRegularization,
        Concatenate,
        Add,
        Upsample,
        *ACTIVATIONS,
    )
}
