"""The picture that the network reads: SIZE x SIZE pixels, dark ink on white."""

SIZE = 28
