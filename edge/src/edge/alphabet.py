"""The 33 letters, in the order of their class numbers: А is 0, Ё is 6, Я is 32."""

LETTERS = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
