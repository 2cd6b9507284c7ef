"""Generates support tickets with labels, in English, German and Spanish.

Every ticket has four labels, and each of them can be decided from the text alone.
The rules are:

category
    The request that the customer makes first, unless the ticket says in words that
    another request is the main one ("... but that is only a side note. The main
    reason for this message: ..."). Requests introduced by "also", "one more thing",
    "PS" and the like never decide. Lines quoted from an earlier mail (starting with
    ">") never decide.

    billing            charges, invoices, receipts, VAT, payment methods
    login              passwords, codes, locked accounts, access
    bug                the product does something wrong or stops
    shipping           parcels: where, when, damaged, wrong item, address
    refund             the customer asks for money back
    cancellation       ending a subscription or contract, withdrawing an order
    feature_request    a wish for something that the product does not do yet
    data_privacy       personal data: copy, deletion, consent, where it is stored

priority
    urgent    an outage for everybody, an attack in progress, a deadline today or
              within hours, or a demand for immediate action
    high      a deadline tomorrow or this week, the customer's own work is held up, a
              reminder, or an explicit request for high priority
    low       the customer says that there is no hurry or asks out of curiosity
    normal    none of these

sentiment
    negative  anger, disappointment or contempt is expressed in words
    positive  praise or happiness is expressed in words
    neutral   neither. A reported problem alone is neutral, and so are "please" and
              "thank you in advance"

language
    en, de, es    the language that the customer writes in

Tickets are put together from sentence frames in `phrases/*.txt`. The frames, the
product names and the person names of the two splits, "train" and "test", are
disjoint; ordinary words, and short lists such as months and weekdays, are shared.
Every tenth training frame is held out as "dev". Training tickets are also made
rougher than test tickets: light words are dropped and moved, fillers and sentences
without a cue are put in, and sentences are joined.

Format of the phrase files: a line `[name.split]` opens a section, and every other
line is one frame. In a frame `[a|b|]` stands for one of the alternatives (the last
one here is empty), `{slot}` for a value from the section or rule of that name, and
`\\n` for a line break.

The same split, seed and number always give the same ticket.
"""

import argparse
import gzip
import io
import itertools
import json
import random
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

CATEGORIES = (
    "billing",
    "login",
    "bug",
    "shipping",
    "refund",
    "cancellation",
    "feature_request",
    "data_privacy",
)
PRIORITIES = {"low": 20, "normal": 40, "high": 22, "urgent": 18}
SENTIMENTS = {"negative": 36, "neutral": 36, "positive": 28}
LANGUAGES = {"en": 40, "de": 30, "es": 30}

FIELDS = ("category", "priority", "sentiment", "language")
# "dev" frames are held out of "train": training never sees them, and they tell how
# well the model does on frames that it has not seen. The test frames are never used
# for that.
SPLITS = ("train", "dev", "test")
HELD_OUT = (*CATEGORIES, *PRIORITIES, *SENTIMENTS, "also", "mainly", "opener")
HELD_OUT_EVERY, HELD_OUT_AT = 10, 5

# Frames that a cue shares with its opposite, and the slots that tell them apart:
# "We need it {when}" is urgent with "{urgent.when}" and high with "{high.when}".
CONTRASTS = {"urgent": "when", "high": "when", "negative": "opinion", "positive": "opinion"}
CONTRAST_SLOT = re.compile(r"\{(when|adj|feel|verb|way)\}")

# All product names are invented.
PRODUCTS = {
    "train": (
        "Planora", "TaskHive", "Notely", "CloudDesk", "Fakturo", "Mailwing", "Shopkit",
        "TimeBee", "Docuflow", "Orbita", "Kassandra POS", "StreamBox", "FitTrack Pro",
        "PixelForge", "Ledgerly", "Webhaus", "Chatter 2", "Roomio", "Learnix", "Parkly",
    ),
    "test": (
        "Brightboard", "Invoicely One", "Calendra", "HomeSafe", "Stackyard", "Vidanote",
        "QuickCart", "Teamlook", "Safebox Plus", "Routana",
    ),
}

CITIES = (
    "Berlin", "Hamburg", "Madrid", "Sevilla", "Leeds", "Dublin", "Wien", "Boston",
    "Valencia", "Zürich", "Austin", "Köln", "Bilbao", "Bristol",
)

ORDERS = ("#%d", "%d", "A-%d", "ORD%d", "2025-%d")
NUMBER_WORDS = {"en": "no. %d", "de": "Nr. %d", "es": "n.º %d"}
PRICES = (9, 12, 19, 49, 79, 240)
OTHER_PRICES = (15, 29, 59, 120, 399, 1250)
CURRENCIES = {
    "en": ("$%s", "%s EUR", "£%s", "%s dollars"),
    "de": ("%s €", "%s Euro", "%s EUR"),
    "es": ("%s €", "%s euros", "%s EUR"),
}

# Slots whose value may differ within a ticket.
FRESH_SLOTS = ("date", "d", "dd", "m", "hour", "n", "year")

SHORT_FORMS = {
    "en": {"please": "pls", "you": "u", "because": "bc", "cannot": "cant", "thanks": "thx"},
    "de": {"nicht": "nich", "habe": "hab", "eine": "ne", "und": "u."},
    "es": {"que": "q", "porque": "xq", "también": "tb", "para": "pa", "cuando": "cdo"},
}

# Words without which a sentence still says the same, and words that add nothing.
# Training tickets lose and gain them, so that no cue hangs on them.
LIGHT_WORDS = {
    "en": "a an the my our your this that it is are was were has have had i we you to of for in on at with and but so do does please me us be there just".split(),
    "de": "der die das den dem des ein eine einen meine mein unser unsere ihr ihre es ist sind war hat habe haben wird wurde ich wir sie zu von für in im auf mit und aber so bitte mir uns mich".split(),
    "es": "el la los las un una mi mis nuestro nuestra su sus esto es son está fue ha he han me nos se lo a de del para en con y pero por favor les".split(),
}
FILLERS = {
    "en": ("actually", "well", "just", "again", "maybe", "I think", "as I said", "hmm", "somehow", "you see", "now", "really", "so", "ok"),
    "de": ("eigentlich", "also", "halt", "wieder", "vielleicht", "ich denke", "wie gesagt", "hm", "irgendwie", "wissen Sie", "nun", "wirklich", "so", "ok"),
    "es": ("en realidad", "bueno", "pues", "otra vez", "quizás", "creo", "como decía", "mmm", "de algún modo", "ya ven", "ahora", "realmente", "así", "vale"),
}
JOINTS = {"en": (", ", " - ", ", and ", "; "), "de": (", ", " - ", ", und ", "; "), "es": (", ", " - ", ", y ", "; ")}

KEYBOARD_ROWS = ("qwertzuiop", "asdfghjkl", "yxcvbnm")

PHRASES = Path(__file__).resolve().parent / "phrases"
SECTION = re.compile(r"\[([a-z_.]+)\.(train|test|shared)\]")
CHOICE = re.compile(r"\[([^\[\]]*)\]")
# "{main}" and "{other}" stay: join_request puts the requests there.
SLOT = re.compile(r"\{(?!main\}|other\})([a-z0-9.]+)\}")

# 2025-01-01T00:00:00Z, the time of the first ticket.
START_MILLIS = 1_735_689_600_000


@lru_cache(maxsize=None)
def phrases(language):
    """The sections of one phrase file: {(name, split): (frame, ...)}."""
    sections = {}
    current = None
    for line in (PHRASES / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        opening = SECTION.fullmatch(line)
        if opening:
            current = sections.setdefault(opening.groups(), [])
        elif line and not line.startswith("#"):
            current.append(line.replace("\\n", "\n"))
    for label, section in CONTRASTS.items():
        sections[label, "train"] += [CONTRAST_SLOT.sub(rf"{{{label}.\1}}", frame) for frame in sections[section, "train"]]
    for name in HELD_OUT:
        frames = sections[name, "train"]
        sections[name, "dev"] = frames[HELD_OUT_AT::HELD_OUT_EVERY]
        del frames[HELD_OUT_AT::HELD_OUT_EVERY]
    return {key: tuple(frames) for key, frames in sections.items()}


def wordings(frame, sections):
    """All wordings of a frame, without case and points. The values of slots like
    "{urgent.when}" are written out, those of "{product}" and the like are not."""
    frame = re.sub(r"\{(\w+\.\w+)\}", lambda match: "[" + "|".join(sections[match[1], "train"]) + "]", frame)
    parts = [part.split("|") if at % 2 else [part] for at, part in enumerate(CHOICE.split(frame))]
    for chosen in itertools.product(*parts):
        yield " ".join(re.findall(r"\w+", "".join(chosen).lower()))


@lru_cache(maxsize=None)
def check_disjoint():
    """Fails if a test frame and a training or dev frame can give the same wording, or
    if the splits share a product or a person."""
    shared = set(PRODUCTS["train"]) & set(PRODUCTS["test"])
    for language in LANGUAGES:
        sections = phrases(language)
        for (name, split), frames in sections.items():
            if split == "test":
                known = {text for other in ("train", "dev") for frame in sections.get((name, other), ()) for text in wordings(frame, sections)}
                tested = {text for frame in frames for text in wordings(frame, sections)}
                # "{main}" alone is no frame: it means "no opening words".
                shared |= known & tested - {"main"}
            if split == "dev":
                shared |= set(frames) & set(sections[name, "train"])
    if shared:
        raise ValueError(f"in both splits: {sorted(shared)}")


@lru_cache(maxsize=None)
def check_unambiguous():
    """Fails if frames of two priorities, or of two sentiments, can give the same
    wording, whatever their split: then the text alone would not decide the label."""
    clashes = []
    for language in LANGUAGES:
        sections = phrases(language)
        for labels in (PRIORITIES, SENTIMENTS):
            owners = {}
            for label, split in itertools.product(labels, SPLITS):
                for text in {text for frame in sections[label, split] for text in wordings(frame, sections)}:
                    if owners.setdefault(text, label) != label:
                        clashes.append(f"{text} ({language}, {owners[text]} and {label})")
    if clashes:
        raise ValueError(f"with two labels: {sorted(clashes)}")


def weighted(rng, weights):
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def capitalise(text):
    """Upper-cases the first letter, behind any opening punctuation."""
    for position, letter in enumerate(text):
        if letter.isalnum():
            return text[:position] + letter.upper() + text[position + 1:]
    return text


def sentence(text):
    """Closes a sentence that has no closing punctuation yet."""
    if text[-1] in ".!?":
        return text
    # Spanish questions are opened in the phrase files and closed here.
    return text + ("?" if text.count("¿") > text.count("?") else ".")


class Writer:
    """Fills frames for one ticket. Most values are drawn once, so that the same
    product, order or version is meant everywhere in the ticket."""

    def __init__(self, rng, split, language):
        self.rng = rng
        self.split = split
        self.language = language
        self.person = rng.choice(self.frames("person"))
        self.values = {"person": self.person}
        self.currency = rng.choice(CURRENCIES[language])

    def frames(self, name):
        sections = phrases(self.language)
        if (name, "shared") in sections:
            return sections[name, "shared"]
        # Sections of which nothing is held out serve "dev" too.
        split = "train" if self.split == "dev" and (name, "dev") not in sections else self.split
        return sections[name, split]

    def write(self, name):
        """One filled frame of a section."""
        text = CHOICE.sub(lambda match: self.rng.choice(match[1].split("|")), self.rng.choice(self.frames(name)))
        while SLOT.search(text):
            text = SLOT.sub(lambda match: self.value(match[1]), text)
        # Empty alternatives leave stray blanks behind.
        return re.sub(r" +([,.?!]|$)", r"\1", re.sub(r"  +", " ", text)).strip()

    def value(self, slot):
        if slot in FRESH_SLOTS:
            return self.draw(slot)
        if slot not in self.values:
            self.values[slot] = self.draw(slot)
        return self.values[slot]

    def draw(self, slot):
        rng = self.rng
        if slot == "product":
            return rng.choice(PRODUCTS["test" if self.split == "test" else "train"])
        if slot == "user":
            first, last = fold(self.person.lower(), self.language).replace("'", "").split()
            return rng.choice((first[0] + last, f"{first[0]}.{last}", f"{first}{rng.randint(1, 99)}"))
        if slot in ("amount", "amount2"):
            return self.amount(PRICES if slot == "amount" else OTHER_PRICES)
        if slot == "itemg":
            # The German items are feminine: "die Lampe", and "der Lampe" after "von".
            return "der" + self.value("item").removeprefix("die")
        simple = {
            "order": lambda: rng.choice(ORDERS + (NUMBER_WORDS[self.language],)) % rng.randint(10000, 999999),
            "customer": lambda: rng.choice(("%d", "C%d", "#%d")) % rng.randint(1000, 99999),
            "city": lambda: rng.choice(CITIES),
            "code": lambda: rng.choice(("E-%d", "0x%d", "%d", "ERR_%d")) % rng.randint(100, 9999),
            "n": lambda: str(rng.randint(2, 90)),
            "d": lambda: str(rng.choice((14, 15, 16, 17, 18, 19, 20, 24, 25, 26, 27, 28))),
            "dd": lambda: f"{rng.randint(1, 28):02d}",
            "m": lambda: str(rng.randint(1, 9)),
            "year": lambda: str(rng.randint(2019, 2025)),
            "version": lambda: f"{rng.randint(1, 12)}.{rng.randint(0, 9)}",
            "phone": lambda: f"+{rng.choice((1, 34, 44, 49))} {rng.randint(100, 999)} {rng.randint(10000, 999999)}",
        }
        return simple[slot]() if slot in simple else rng.choice(self.frames(slot))

    def amount(self, prices):
        number = f"{self.rng.choice(prices)}{self.rng.choice(('', '.00', '.90', '.99', '.50'))}"
        return self.currency % (number if self.language == "en" else number.replace(".", ","))


def join_request(frame, **requests):
    """Puts requests into a frame; they start with a capital behind a full stop."""
    text = frame
    for slot, request in requests.items():
        before, after = text.split("{" + slot + "}", 1)
        at_start = not before.strip() or before.rstrip()[-1] in ".!?"
        text = before + (capitalise(request) if at_start else request) + after
    return text


def request_sentences(writer, category):
    """The sentences with the request(s): (main part, what comes later or None)."""
    rng = writer.rng
    main = sentence(writer.write(category))
    # Training meets side requests more often, to learn what marks them.
    kind = rng.random() * (0.5 if writer.split == "train" else 1)
    if kind < 0.26:
        other_category = rng.choice([name for name in CATEGORIES if name != category])
        other = sentence(writer.write(other_category))
        if kind < 0.10:
            return capitalise(join_request(writer.write("mainly"), other=other, main=main)), None
        later = join_request(writer.write("also"), other=other)
    else:
        later = None
    return capitalise(join_request(writer.write("opener"), main=main)), later


def short_body(writer, labels):
    """One sentence: the request, or one that decides the priority or the sentiment.
    The label that it does not decide becomes "normal" or "neutral"."""
    decided = writer.rng.choice(("category", "priority", "priority", "sentiment", "sentiment"))
    if decided != "priority":
        labels["priority"] = "normal"
    if decided != "sentiment":
        labels["sentiment"] = "neutral"
    return capitalise(sentence(writer.write(labels[decided])))


def plain_body(writer, labels):
    """The request and the sentences that decide the labels, and nothing else."""
    cues = [sentence(writer.write(labels["category"]))]
    if labels["priority"] != "normal":
        cues.append(writer.write(labels["priority"]))
    if labels["sentiment"] != "neutral":
        cues.append(writer.write(labels["sentiment"]))
    writer.rng.shuffle(cues)
    return " ".join(map(capitalise, cues))


def body_sentences(writer, labels):
    """All sentences of the body in order, without greeting and signature."""
    rng = writer.rng
    main, later = request_sentences(writer, labels["category"])
    cues = []
    if labels["priority"] != "normal" or rng.random() < 0.3:
        cues.append(writer.write(labels["priority"]))
    if labels["sentiment"] != "neutral" or rng.random() < 0.3:
        cues.append(writer.write(labels["sentiment"]))
    rng.shuffle(cues)
    if writer.split == "train":
        cues = [roughen(writer, cue) for cue in cues]
        main = roughen(writer, main)
    # Feelings and urgency may come before the request, plain details come after it.
    before = cues[: rng.choice((0, 0, 0, 0, 1, 1, 2))]
    after = cues[len(before):] + [writer.write("detail") for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    if rng.random() < 0.6:
        rng.shuffle(after)
    sentences = before + [main] + after
    if writer.split == "train":
        sentences = splice(writer, sentences)
    return sentences + ([later] if later else [])


def roughen(writer, text):
    """Drops and moves light words and adds fillers; what the sentence says stays."""
    rng = writer.rng
    rate = rng.choice((0, 0, 0.15, 0.35))
    if not rate or "\n" in text:
        return text
    light = LIGHT_WORDS[writer.language]
    words = []
    for word in text.split(" "):
        if word.lower() in light and rng.random() < rate:
            if words and rng.random() < 0.3:
                words.insert(len(words) - 1, word)
            continue
        words.append(word)
    if rng.random() < 0.3:
        words.insert(rng.randrange(len(words) + 1), rng.choice(FILLERS[writer.language]))
    return " ".join(words) or text


def splice(writer, sentences):
    """Adds sentences without a cue, and joins some sentences into one."""
    rng = writer.rng
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        name = rng.choice(("detail", "detail", "neutral", "normal"))
        sentences.insert(rng.randrange(len(sentences) + 1), roughen(writer, writer.write(name)))
    joined = sentences[:1]
    for text in sentences[1:]:
        if rng.random() < 0.12 and "\n" not in text:
            joined[-1] = joined[-1].rstrip(".!") + rng.choice(JOINTS[writer.language]) + text[0].lower() + text[1:]
        else:
            joined.append(text)
    return joined


def layout(writer, sentences):
    """Greeting, paragraphs, closing, signature, quoted mail."""
    rng = writer.rng
    separator = rng.choice((" ", " ", " ", "\n"))
    parts = [separator.join(map(capitalise, sentences))]
    if rng.random() < 0.6:
        parts.insert(0, writer.write("greeting"))
    if rng.random() < 0.55:
        closing = writer.write("closing")
        parts.append(closing + rng.choice((",\n", "\n", " ")) + writer.person if rng.random() < 0.7 else closing)
    if rng.random() < 0.15:
        parts.append(writer.write("signature"))
    if rng.random() < 0.08:
        parts.append(writer.write("quote"))
    return rng.choice(("\n", "\n", "\n\n", " ")).join(parts)


def write_subject(writer, category):
    rng = writer.rng
    name = f"{category}.subject" if rng.random() < 0.75 else "subject.neutral"
    subject = writer.write(name)
    return capitalise(subject) if rng.random() < 0.6 else subject


def fold(text, language):
    """Writes the text without umlauts and accents, as on a foreign keyboard."""
    if language == "de":
        for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")):
            text = text.replace(letter, plain)
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def typo(rng, word):
    """One slip of the finger inside a word; the first letter stays."""
    at = rng.randrange(1, len(word) - 1)
    kind = rng.random()
    if kind < 0.4:
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    if kind < 0.7:
        return word[:at] + word[at + 1:]
    if kind < 0.85:
        return word[:at] + word[at] + word[at:]
    for row in KEYBOARD_ROWS:
        place = row.find(word[at])
        if place >= 0:
            return word[:at] + row[(place + 1) % len(row)] + word[at + 1:]
    return word


def mess_up(rng, text, language, typo_rate):
    """Typing mistakes and short forms; the drawn style holds for the whole text."""
    if language == "es" and rng.random() < 0.4:
        text = text.replace("¿", "").replace("¡", "")
    if rng.random() < 0.12:
        text = fold(text, language)
    if rng.random() < 0.08:
        for word, short in SHORT_FORMS[language].items():
            text = re.sub(rf"\b{word}\b", short, text)
    if typo_rate:
        text = re.sub(r"\b[^\W\d_]{4,}\b", lambda match: typo(rng, match[0]) if rng.random() < typo_rate else match[0], text)
    if rng.random() < 0.12:
        text = text.lower()
    if rng.random() < 0.1:
        text = text.rstrip(".")
    if rng.random() < 0.06:
        text = text.replace(". ", " ").replace(", ", " ")
    return text


def ticket(split, seed, number, shape="full", clean=False):
    """One ticket, as a dict in the order of the fields of `tickets.jsonl.gz`.

    Plain tickets have no greeting, side remark, detail or signature. Short ones have
    a subject that decides the category, and one sentence. Both serve for training
    only, and so do clean tickets, which have no typing mistakes."""
    rng = random.Random(f"{split}/{seed}/{number}")
    language = weighted(rng, LANGUAGES)
    labels = {
        "category": rng.choice(CATEGORIES),
        "priority": weighted(rng, PRIORITIES),
        "sentiment": weighted(rng, SENTIMENTS),
        "language": language,
    }
    writer = Writer(rng, split, language)
    if shape == "short":
        subject = writer.write(f"{labels['category']}.subject")
        body = short_body(writer, labels)
    else:
        subject = write_subject(writer, labels["category"])
        body = plain_body(writer, labels) if shape == "plain" else layout(writer, body_sentences(writer, labels))
    if not clean:
        typo_rate = rng.choice((0, 0.02, 0.05, 0.08) if split == "train" else (0, 0, 0.02, 0.02, 0.05))
        body = mess_up(rng, body, language, typo_rate)
        subject = mess_up(rng, subject, language, typo_rate)
        if rng.random() < 0.04:
            subject = subject.upper()
    return {
        "id": f"T-{number:06d}",
        "customer": writer.person,
        "subject": subject,
        "body": body,
        "createdAt": START_MILLIS + number * 45_000 + rng.randrange(45_000),
        **labels,
    }


def tickets(split, seed, count, first=1, shape="full", clean=False):
    check_disjoint()
    check_unambiguous()
    return [ticket(split, seed, number, shape, clean) for number in range(first, first + count)]


def prompt(item):
    """What the model reads. The answer follows directly, without a space."""
    return f"Ticket: {item['subject']}\n{item['body']}\nTriage:"


def answer(item):
    """What the model writes: one line of JSON without spaces."""
    return json.dumps({field: item[field] for field in FIELDS}, separators=(",", ":"))


def write_gzip(items, path):
    """Writes JSON lines; time stamp and file name are left out so that the same
    tickets give the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        for item in items:
            stream.write((json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8"))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(buffer.getvalue())


def read_gzip(path):
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def main():
    parser = argparse.ArgumentParser(description="Generate support tickets.")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--out", help="a .jsonl.gz file; without it the tickets are printed")
    options = parser.parse_args()
    items = tickets(options.split, options.seed, options.count)
    if options.out:
        write_gzip(items, options.out)
        return
    for item in items:
        print(prompt(item))
        print(answer(item), end="\n\n")


if __name__ == "__main__":
    main()
