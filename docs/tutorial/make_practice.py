#!/usr/bin/env python3
"""Makes practice.csv, the data of docs/tutorial.md: what a course's exercise platform might export.

90 students, each with 24 answers to 18 exercises over six weeks, worth 0, 1 or 2 points, drawn from a
generalized partial credit model whose abilities grow with practice. As in real exports, not all is well:
a student left a question unanswered here and there, two cells have 9 for "absent", and the key of one
exercise, variance-3, is upside down.
"""
import csv
import datetime
import math
import random

TOPICS = ["mean", "median", "variance", "boxplot", "regression", "sampling"]
CATEGORIES = 3

random.seed(20)
items = {}
for place, topic in enumerate(TOPICS):
    for number in range(1, 4):
        difficulty = random.gauss(-0.8 + 0.3 * place, 0.4)
        steps = sorted(random.gauss(difficulty, 0.6) for _ in range(CATEGORIES - 1))
        items[f"{topic}-{number}"] = (random.lognormvariate(0.1, 0.25), steps)


def answer(ability, slope, steps):
    """A category drawn from a generalized partial credit model (Muraki 1992)."""
    logits = [0.0]
    for step in steps:
        logits.append(logits[-1] + slope * (ability - step))
    weights = [math.exp(z - max(logits)) for z in logits]
    return random.choices(range(CATEGORIES), weights)[0]


rows = []
for student in range(1, 91):
    ability = random.gauss(0, 1)
    growth = random.gauss(0.03, 0.02)
    time = datetime.datetime(2025, 10, 13, 8) + datetime.timedelta(minutes=random.randrange(5000))
    exercises = random.sample(sorted(items), 18) + random.sample(sorted(items), 6)
    exercises.sort(key=lambda name: TOPICS.index(name.split("-")[0]) + random.gauss(0, 1.5))
    for exercise in exercises:
        slope, steps = items[exercise]
        points = answer(ability, slope, steps)
        if exercise == "variance-3":
            points = CATEGORIES - 1 - points
        missing = random.random() < 0.01
        rows.append([f"s{student:03}", exercise, "" if missing else points, time.isoformat()])
        ability += growth
        time += datetime.timedelta(minutes=random.randint(5, 3000))

for row in random.sample([row for row in rows if row[2] != ""], 2):
    row[2] = 9

with open("practice.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["student", "exercise", "points", "time"])
    writer.writerows(rows)
