"""Names and languages of Lancashire and South Cumbria, about as often as they are heard there.

Roughly by the languages that people there told the census of 2021 they speak best.
"""

from typing import NamedTuple


class Community(NamedTuple):
    """Names that go together. `share`: of a hundred people; `interpreted`: of its own hundred."""

    language: str
    share: int
    interpreted: int
    given: tuple[str, ...]
    family: tuple[str, ...]


def _said(names: str) -> tuple[str, ...]:
    return tuple(names.split())


ENGLISH = "English"
COMMUNITIES = [
    Community(ENGLISH, 80, 0, _said(
        "Margaret Susan Christine Janet Linda Karen Julie Alison Rachel Emma Laura Chloe Megan Amy"
        " David John Peter Alan Keith Stephen Andrew Mark Paul Ian Craig Daniel Ryan Jack Liam Joe"
    ), _said(
        "Alderson Barnes Bleasdale Cowell Dobson Entwistle Fielding Gornall Halliwell Holden Huck"
        " Ireland Jackson Kitching Leeming Metcalfe Nuttall Openshaw Pilkington Rawstron Sharples"
        " Tattersall Unsworth Varley Walmsley Yates Braithwaite Postle Tyson Rigg"
    )),
    Community("Urdu", 6, 30, _said(
        "Rukhsana Shazia Nasreen Farzana Sadia Hina Tariq Imtiaz Shabir Nadeem Asif Usman"
    ), _said("Hussain Mahmood Akhtar Iqbal Khan Bibi Raja Sharif Aslam Rafiq")),
    Community("Gujarati", 5, 20, _said(
        "Zubeda Safiya Yasmin Hasina Nisha Bhavna Yusuf Ismail Ibrahim Suleman Rajesh Dipak"
    ), _said("Desai Vohra Mistry Munshi Bux Bhamji Lorgat Parekh Valli Makda")),
    Community("Punjabi", 3, 30, _said(
        "Harpreet Manjit Surinder Balvinder Gurdeep Jaswinder Kuldip Razia Ghulam Liaqat"
    ), _said("Singh Kaur Gill Sandhu Dhillon Butt Malik Chaudhry")),
    Community("Polish", 3, 35, _said(
        "Agnieszka Katarzyna Magdalena Joanna Paweł Krzysztof Tomasz Marek Łukasz Beata"
    ), _said("Kowalski Nowak Wiśniewski Zieliński Wójcik Kamiński Lis Mazur")),
    Community("Romanian", 2, 45, _said(
        "Elena Ioana Mihaela Andreea Ștefan Gheorghe Ionuț Bogdan"
    ), _said("Popescu Ionescu Dumitru Stan Radu Munteanu Moldovan")),
    Community("Cantonese", 1, 40, _said("Wai-Ling Ka-Yan Siu-Fong Chi-Ming Kwok-Wah"),
              _said("Cheung Lau Leung Yip")),
]  # fmt: skip
