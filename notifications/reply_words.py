"""The words by which patients answer a text, as phones, haste and three languages spell them.

Everything here is written as `reading.fold` leaves it: small letters without accents, words
parted by one space. English, Polish, Urdu (in both scripts) and a little Arabic.
"""

import re
import unicodedata

SPELT_PLAINLY = str.maketrans(
    "ąćęłńóśźż" "\N{ARABIC LETTER YEH}\N{ARABIC LETTER ALEF MAKSURA}\N{ARABIC LETTER KAF}"
    "\N{ARABIC LETTER HEH}\N{ARABIC LETTER TEH MARBUTA}",
    "acelnoszz" "\N{ARABIC LETTER FARSI YEH}\N{ARABIC LETTER FARSI YEH}\N{ARABIC LETTER KEHEH}"
    "\N{ARABIC LETTER HEH GOAL}\N{ARABIC LETTER HEH GOAL}",
)  # fmt: skip
"""Polish as phones without its letters write it, and Arabic keyboards' forms of Urdu letters."""


def fold(text: str) -> str:
    """Return small letters without Polish accents and invisible signs, digits of any script as
    0 to 9. Other accents stay: who knows what a lone \u00ff was."""
    letters = []
    for letter in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()):
        kind = unicodedata.category(letter)
        if kind == "Nd":
            letters.append(str(unicodedata.decimal(letter)))
        elif kind not in ("Mn", "Me", "Cf"):
            letters.append(letter)
    return "".join(letters).translate(SPELT_PLAINLY)


def _either(phrases: str) -> str:
    """Return an expression for any of the phrases, one a line, the longest first."""
    folded = {fold(" ".join(line.split())) for line in phrases.strip().splitlines()}
    return "(?:" + "|".join(sorted(folded, key=len, reverse=True)) + ")"


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


def _whole(expression: str) -> re.Pattern[str]:
    return re.compile(rf"{expression}(?: {expression})*")


PICTURES = {
    "yes": "\N{THUMBS UP SIGN}\N{OK HAND SIGN}\N{WHITE HEAVY CHECK MARK}\N{HEAVY CHECK MARK}",
    "no": "\N{THUMBS DOWN SIGN}",
    "thanks": "\N{PERSON WITH FOLDED HANDS}\N{HEAVY BLACK HEART}\N{SMILING FACE WITH SMILING EYES}"
    "\N{SLIGHTLY SMILING FACE}\N{GRINNING FACE}",
    "?": "\N{BLACK QUESTION MARK ORNAMENT}\N{WHITE QUESTION MARK ORNAMENT}\N{THINKING FACE}"
    "\N{SHRUG}\N{ARABIC QUESTION MARK}\N{INVERTED QUESTION MARK}",
}
"""Pictures and marks that stand for a word. Any other picture says nothing."""

SPOKEN = {
    "zero": "0", "oh": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip

POLITE = _vocabulary("""
    please pls plz plse thanks thank thankyou thanx thx tnx ta cheers hi hello hey dear sorry
    apologies kind regards x xx xxx prosze dziękuję dzięki pozdrawiam shukria shukriya meherbani
    salam salaam shukran شکریہ شكرا براہ مہربانی سلام
""")
"""May stand around an order without changing it."""

THANK_YOU = re.compile(r"\bthank (?:you|u|yu|yo)\b")
"""Read as one word: a "you" that stands alone may be what makes "cancel" no order."""
THANKS = _vocabulary("""
    thanks thank thankyou thanx thx tnx ta cheers dziękuję dzięki shukria shukriya shukran شکریہ
    شكرا
""")
AROUND_THANKS = _vocabulary("""
    so very much many a lot for the your this that letting me us know reminder reminding text
    message info information kind kindly lovely great brilliant perfect good really bless bardzo za
    bohat boht wiadomość بہت
""")

SIGNATURE = re.compile(
    r"\b(?:sent (?:from|via|using) (?:my )?(?:iphone|ipad|apple watch|phone|mobile|android|"
    r"samsung|galaxy|huawei|nokia|yahoo mail|outlook|mail|gmail)"
    r"(?: (?:phone|smartphone|device|mobile|galaxy|tablet))*"
    r"(?: (?:for|on) (?:ios|android|iphone|windows|samsung)(?: 10)?)?"
    r"|get outlook for (?:ios|android)"
    r"|wyslane z (?:iphonea|telefonu|mojego telefonu)(?: samsung| huawei)?)\Z"
)
"""What a phone adds by itself, at the end."""

_WANT = (
    r"(?:(?:(?:i|we) )?(?:(?:really )?(?:need|want|wish)(?: to)?|have to|will have to"
    r"|would like to) |(?:id like|ill have|well have) to |(?:i|we) must "
    r"|(?:im|i am|we are) (?:going|having) to )?"
)
_OURS = (
    r"(?: it| (?:my|the|this|our) (?:(?:hospital|scan) )?"
    r"(?:appointment|appointement|apointment|appt|apt|booking|scan))?"
)

CANCEL = _whole(
    "(?:"
    rf"{_WANT}(?:cancel|cancell|cancle|cansel|cancal|cancil|cencel|canel|cancl){_OURS}"
    r"|(?:(?:mera|meri) )?(?:(?:appointment|scan) )?(?:cancel|cansel) "
    r"(?:kar|kr|kar do|kr do|kardo|krdo|kar dein|kar den|kr dein|kardein|karden|krdein|karen"
    r"|karein|karna hai)"
    r"|(?:(?:chce|musze) )?(?:odwolac|odwoluje|anulowac|anuluje|anuluj)"
    r"(?: (?:moja |moj |moje |te |ta )?(?:wizyte|termin|badanie))?"
    "|"
    + _either("""
        منسوخ
        منسوخ کریں
        منسوخ کر دیں
        منسوخ کردیں
        کینسل
        کینسل کریں
        کینسل کر دیں
        کینسل کردیں
        کینسل کرو
    """)
    + ")"
)
NO = _whole(_either("no\nnope\nnah\nnie\nnahi\nnahin\nنہیں\nلا"))
CHANGE = re.compile(
    rf"{_WANT}(?:change|chnage|chage|rearrange|re arrange|reschedule|re schedule|rebook|postpone"
    rf"|move)(?:{_OURS}|(?: (?:the|my))? (?:time|date|day))(?: to)?"
    r"|(?:(?:(?:i|we) )?(?:need|want|would like|prefer) |id like )?"
    r"(?:another|(?:a )?(?:different|new)) "
    r"(?:time|date|day)"
    r"|(?:(?:chce|musze) )?(?:zmienic|zmien|przelozyc|przeloz)(?: (?:termin|wizyte|badanie))?"
)
SOONER = re.compile(
    r"(?:(?:(?:i|we) )?(?:want|would like|need) |(?:id like) )?"
    r"(?:something |anything |(?:a |an )?)(?:sooner|earlier)"
    r"(?: (?:time|date|appointment|appt|one))?"
)
"""Ask me if a sooner time comes free. It takes nothing from anybody."""
LATER = re.compile(
    r"later|(?:no|not|nothing|no more|stop) (?:sooner|earlier)(?: (?:times?|dates?|offers?))?"
    r"|sooner (?:no|stop|off)"
)
"""Ask me no more about sooner times. Plain STOP is for all texts, and Twilio's own."""
HELP = re.compile(r"help|info|help me|pomoc|pomocy|madad|" + fold("مدد"))
START = re.compile(r"start|unstop")
_TEXTS = r"(?:texts|text|txts|messages|message|msgs|text messages|sms|reminders)"
STOP = re.compile(
    r"stop|stopall|stop all|unsubscribe|unsubscribe me|end|quit|revoke|optout|opt out|opt me out"
    rf"|stop (?:all )?(?:sending|texting|messaging|contacting)(?: (?:me|us))?"
    rf"(?: (?:any more|anymore|any|all|these|those|the|your|more))*(?: {_TEXTS})?"
    r"(?: to (?:me|us|this number|this phone))?"
    rf"|stop (?:all |the |these |those |your )?{_TEXTS}"
    rf"|no more {_TEXTS}"
    rf"|(?:do not|dont) (?:text|message|txt|send) (?:me|us)(?: (?:again|any more|anymore|{_TEXTS}"
    rf"|any more {_TEXTS}|these {_TEXTS}))?"
    rf"|(?:i )?(?:do not|dont) want (?:any (?:more )?|these |your |more )?{_TEXTS}"
    r"|(?:take|remove) me (?:off|from) (?:this|the|your) list"
)

YES = re.compile(
    r"\b(?:"
    r"y|ye+s+|yse|yesd|ye|ya|ye+p+|yup|ye+a+h*|yh|aye|ok|okay|okey|k|kk|sure|confirm|confirmed"
    r"|confirming|accepted|tak|haan|han|haa|ji|jee|ji haan|theek hai|thik hai|bilkul|zaroor"
    r"|potwierdzam|bede|przyjde"
    r"|(?:i|we) (?:(?:will|shall|can|do) )?(?:definitely )?(?:be (?:there|coming|attending)|come"
    r"|attend|make it|confirm)"
    r"|(?:ill|well) (?:definitely )?(?:be (?:there|coming|attending)|come|attend|make it)"
    r"|will (?:definitely )?(?:be (?:there|coming|attending)|attend)"
    r"|(?:im|i am|we are) (?:coming|attending|able to (?:come|attend|make it))"
    r"|see (?:you|u|ya) (?:then|there|soon)"
    "|" + _either("ہاں\nجی\nجی ہاں\nنعم\nٹھیک ہے\nضرور") + r")\b"
)
AROUND_YES = _vocabulary("""
    i ill im we well will shall can be am are do is come coming attend attending make it there see u
    ya then soon thats that this fine good great with me for the my our your appointment appt scan
    at to of on in lovely perfect brilliant happy looking forward received noted got able still
    definitely all and by time day course absolutely text message reminder going confirm no_problem
    hai main mai hoon hun aunga aungi wizytę termin na będę
""")
"""Say nothing more than that they come."""

NO_PROBLEM = re.compile(r"\b(?:no|not a) (?:problem|problems|prob|probs|worries|bother)\b")
DOUBT = re.compile(
    r"\b(?:no|not|nope|nah|never|(?:ca|do|did|is|are|was|wo|would|could|should|have|has)nt|cannot"
    r"|unable|but|unless|if|until|till|except|only|however|instead|although|though|maybe|might|may"
    r"|perhaps|probably|possibly|depends|think|hope|hopefully|try|unsure|doubt|actually|wait"
    r"|can[cs]\w*|cencel|canel|change\w*|chnage|rearrange\w*|reschedul\w*|rebook\w*|postpone\w*"
    r"|move\w*|another|different|other|earlier|sooner|later|late|wrong|already|stop|end|quit"
    r"|what|whats|when|where|wheres|how|who|whose|which|why"
    r"|(?:can|could|will|would|is|are|do|does|did|should|shall|am) (?:i|you|u|we|it|this|that|they)"
    r"|died|dead|deceased|passed|joking|lol|not_yet"
    r"|nie|ale|jesli|moze|odwol\w*|anul\w*|zmieni\w*|przeloz\w*"
    r"|nahi|nahin|mat|lekin|magar|agar|shayad"
    "|" + _either("نہیں\nنہ\nمت\nلیکن\nمگر\nاگر\nشاید\nمنسوخ\nکینسل\nلا") + r")\b"
)
"""Takes back, limits or questions a yes, or asks for something else."""
