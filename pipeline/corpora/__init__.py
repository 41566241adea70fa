"""The collections of letters, one file each; a new one is a file here and a line in this one."""

from pipeline.corpora import comnist, cyrillic_mnist, strokes
from pipeline.corpora.corpus import Corpus

CORPORA: dict[str, Corpus] = {
    corpus.name: corpus for corpus in (cyrillic_mnist.CORPUS, comnist.CORPUS, strokes.CORPUS)
}
