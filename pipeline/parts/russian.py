"""The generated parts in Russian: their phrases, each with its translation."""

import re

# `{}` stands for a number in a phrase. Where one phrase holds another, the longer one is taken.
PHRASES = {
    "random split": "случайное деление",
    "tail split: nearest to unseen hands": "деление по хвосту: ближе всего к незнакомым почеркам",
    "tail split": "деление по хвосту",
    "the source work": "исходная работа",
    "touch, test, {}": "экран, тест, {}",
    "scans, test, {}": "бумага, тест, {}",
    "not measured": "не измерялось",
    "not said": "не указано",
    "none": "нет",
    "the same": "те же",
    "validation, which chooses the epoch": "проверка, по которой выбирается эпоха",
    "epoch chosen, of {}": "выбранная эпоха, из {}",
    "{}, best on test": "{}, лучшая на тесте",
    "weights: fp32, fp16, int8": "веса: fp32, fp16, int8",
    "kB": "кБ",
    "profile, threads": "профиль, потоки",
    "profile": "профиль",
    "scans, random split": "бумага, случайное деление",
    "scans, tail split": "бумага, деление по хвосту",
    "touch, random split": "экран, случайное деление",
    "touch, tail split": "экран, деление по хвосту",
    "touch / scans": "экран / бумага",
    "touch": "экран",
    "scans": "бумага",
    "`letters`, both corpora": "`letters`, оба корпуса",
    "`letters`, scans alone": "`letters`, только бумага",
    "`thesis`, both corpora": "`thesis`, оба корпуса",
    "`thesis`, scans alone": "`thesis`, только бумага",
    "{} epochs, {} seeds": "эпох: {}, запусков: {}",
    "default": "по умолчанию",
    "scans alone": "только бумага",
    "touch alone": "только экран",
    "no augmentation": "без аугментации",
    "no rotation": "без поворота",
    "no shear": "без наклона",
    "no scale": "без растяжения",
    "no shift": "без сдвига",
    "no elastic": "без упругих искажений",
    "no pen": "без смены пера",
    "no sharpness": "без смены резкости",
    "no contrast": "без смены контраста",
    "without doubted": "без сомнительных",
    "averaged": "с усреднением",
    "distilled": "с дистилляцией",
    "perceptron": "перцептрон",
    "Means and standard deviations over the seeds, {} epochs each instead of {}: of the "
    "first row in per cent, of the others what they change of it, in points.": (
        "Средние и стандартные отклонения по запускам, эпох {} вместо {}: в первой строке "
        "проценты, в остальных — изменение к ней в пунктах."
    ),
    "Letters of these pairs that are misread": "Буквы этих пар, прочитанные неверно",
    "pen's width, share of the letter's extent": "толщина линии, доля размера буквы",
    "rotation": "поворот",
    "letter's extent, share of the picture": "размер буквы, доля картинки",
    "letter's extent, pixels": "размер буквы, пиксели",
    "light lost across the paper": "потеря света поперёк листа",
    "noise, share of the contrast": "шум, доля контраста",
    "specks, share of the pixels": "крапинки, доля пикселей",
    "Between the best and the worst pen from {} to {} lie {} points.": (
        "Между лучшим и худшим пером от {} до {} — {} пункта."
    ),
    "Accuracy on test letters that are changed step by step": (
        "Точность на тестовых буквах, которые изменяют шаг за шагом"
    ),
    "on a photograph": "на фотографии",
    "clean": "чистый лист",
    "light from one side, half of it lost": "свет сбоку, половина потеряна",
    "light from a lamp": "свет лампы",
    "a shadow across": "тень поперёк",
    "ruled": "линейка",
    "ruled, two degrees askew": "линейка, перекос в два градуса",
    "ruled as dark as a pen": "линейка, тёмная, как перо",
    "squared": "клетка",
    "squared, light from one side": "клетка, свет сбоку",
    "inverted": "светлым по тёмному",
    "off the middle by {}": "сдвиг от середины на {}",
    "{} of the size": "{} размера",
    "a dark edge": "тёмный край",
    "red ink": "красные чернила",
    "yellow ink": "жёлтые чернила",
    "A letter on photographs": "Буква на фотографиях",
    "an epoch of {} pictures": "эпоха, картинок: {}",
    "here": "здесь",
    "ratio": "отношение",
    "in matrix products": "в матричных произведениях",
    "convolutional, batches of {}, {} thread": "свёрточная, пакеты по {}, потоков: {}",
    "convolutional, batches of {}, {} threads": "свёрточная, пакеты по {}, потоков: {}",
    "perceptron, batches of {}, {} thread": "перцептрон, пакеты по {}, потоков: {}",
    "perceptron, batches of {}, {} threads": "перцептрон, пакеты по {}, потоков: {}",
    "{} s": "{} с",
    "Medians of {} runs in turn on {} cores of": "Медианы по прогонам ({}) по очереди, ядер: {},",
    "Training on {} letters takes {} MB of memory at its peak: {} MB and {} kB a letter.": (
        "Обучение на {} буквах занимает в пике {} МБ памяти: {} МБ и по {} кБ на букву."
    ),
    "{} short trainings, {} s each, take {} s on one worker and {} s on two:": (
        "{} коротких обучения по {} с занимают {} с на одном процессе и {} с на двух:"
    ),
    "times as long, all that Dask takes to start included.": (
        "от того времени вместе со всем, что нужно Dask для запуска."
    ),
    "{} letters": "букв: {}",
    "{} ms, in batches of {} {} ms": "{} мс, пакетами по {} — {} мс",
    "one letter": "одна буква",
    "{} ms": "{} мс",
    "{} µs": "{} мкс",
    "A whole `edge classify letter.png`, from a cold start, takes {} ms: {} times a Python "
    "that does nothing, and {} times one that imports NumPy. Up to {} pictures are read "
    "without NumPy; the lines cross at {}.": (
        "Вся команда `edge classify letter.png` с холодного старта занимает {} мс: в {} раза "
        "дольше, чем Python, который ничего не делает, и в {} от времени того, который "
        "загружает NumPy. До {} картинок читаются без NumPy; линии пересекаются на {}."
    ),
}


def translated(text: str) -> str:
    """Put Russian for every phrase; code is left as it is."""
    if text.startswith("```"):
        return text
    for phrase in sorted(PHRASES, key=len, reverse=True):
        pattern = re.escape(phrase).replace(r"\{\}", r"(\S+?)")
        text = re.sub(
            rf"(?<![\w`/.-]){pattern}(?![\w`/-])",
            lambda found, phrase=phrase: PHRASES[phrase].format(*found.groups()),
            text,
        )
    return text
