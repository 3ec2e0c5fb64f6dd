"""Reports that are made up, of invented words, names and numbers, and what becomes of them when they are copied.

A translation keeps names (in the other language's spelling) and numbers, in order, and no other word.
"""

import random
from collections.abc import Sequence

_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
NAMES = (("Sudzha", "Суджа"), ("Zelensky", "Зеленський"), ("Kharkiv", "Харків"), ("Lukashenko", "Лукашенко"),
         ("Belgorod", "Бєлгород"), ("Korenevo", "Коренево"), ("Glushkovo", "Глушково"), ("Pokrovsk", "Покровськ"),
         ("Melitopol", "Мелітополь"), ("Stefanchuk", "Стефанчук"), ("Tomarivka", "Томарівка"),
         ("Volnovakha", "Волноваха"),
         ("Bakhmutka", "Бахмутка"), ("Rylskyi", "Рильський"), ("Oleksandrivka", "Олександрівка"),
         ("Marynenko", "Мариненко"))


def word(chance: random.Random) -> str:
    """An invented word of two to four syllables."""
    return "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4)))


def facts(seed: int, count: int = 16) -> list[tuple[int, int]]:
    """What a report tells, sentence by sentence: a name and a number."""
    chance = random.Random(seed)
    return [(chance.randrange(len(NAMES)), chance.randrange(100, 9_999)) for _ in range(count)]


def report(told: Sequence[tuple[int, int]], seed: int, language: int = 0) -> str:
    """Facts in words that belong to the seed; `language` 1 spells the names in Ukrainian."""
    chance = random.Random(seed)
    sentences = []
    for name, number in told:
        words = [word(chance) for _ in range(12)]
        words[4] = NAMES[name][language]
        words[8] = str(number)
        sentences.append(words[0].capitalize() + " " + " ".join(words[1:]) + ".")
    return "\n".join(" ".join(sentences[i:i + 2]) for i in range(0, len(sentences), 2))
