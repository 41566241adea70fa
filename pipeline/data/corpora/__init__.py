"""The collections of letters, one file each; a new one is a file here and a line below."""

from pipeline.data.corpora import comnist, cyrillic_mnist, folder, kyrgyz, strokes
from pipeline.data.corpora.corpus import Corpus

CORPORA: dict[str, Corpus] = {
    corpus.name: corpus
    for corpus in (cyrillic_mnist.CORPUS, comnist.CORPUS, kyrgyz.CORPUS, strokes.CORPUS)
}


def named(name: str) -> Corpus:
    """Return a corpus by its name: one of `CORPORA`, or else a folder of one's own."""
    return CORPORA.get(name) or folder.corpus(name)
