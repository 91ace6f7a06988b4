"""Who and what the demonstration shows: people, prompts, words. Only the pictures, the pins and the money are made.

The charity and the people are invented, and the pages say that this is a rehearsal on the machine's own chain.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    key: str
    email: str
    name: str
    name_ko: str
    biography: str
    biography_ko: str


@dataclass(frozen=True)
class Sitting:
    """One artist at one prompt: `pick` names the seed whose picture is kept."""

    key: str
    artist: str
    prompt: str
    seeds: tuple[int, ...]
    pick: int
    title: str
    title_ko: str
    description: str
    description_ko: str
    wall_text: str
    wall_text_ko: str
    price: str = ""
    sold: bool = False
    panels: bool = False
    retouched_by: str = ""
    licence: str = "CBE-PR"


PEOPLE = (
    Person(
        "seoyeon", "seoyeon@ninefold.example", "Han Seoyeon", "한서연",
        "Han Seoyeon paints weather. She writes her prompts in Korean and keeps the words beside the picture.",
        "한서연은 날씨를 그립니다. 프롬프트를 한국어로 쓰고, 그 말을 그림 곁에 함께 둡니다.",
    ),
    Person(
        "ines", "ines@ninefold.example", "Inês Duarte", "이네스 두아르트",
        "Inês Duarte treats the machine's picture as a sketch, prints it in her mind and goes over it by hand.",
        "이네스 두아르트는 기계의 그림을 밑그림으로 삼아 손으로 다시 그려 나갑니다.",
    ),
    Person(
        "jonas", "jonas@ninefold.example", "Jonas Lindqvist", "요나스 린드크비스트",
        "Jonas Lindqvist asks the same question nine times and hangs all nine answers.",
        "요나스 린드크비스트는 같은 질문을 아홉 번 하고, 아홉 개의 대답을 모두 겁니다.",
    ),
)  # fmt: skip
CURATOR = Person(
    "mira", "mira@ninefold.example", "Kang Mira", "강미라",
    "Kang Mira curates exhibitions of art made with machines.",
    "강미라는 기계와 함께 만든 미술을 전시로 엮습니다.",
)  # fmt: skip

OPERATORS = (
    Person("operator", "operator@ninefold.example", "Site operator", "운영자", "", ""),
    Person("second", "second@ninefold.example", "Second operator", "두 번째 운영자", "", ""),
)

CHARITY = {
    "slug": "open-atelier",
    "name": "Open Atelier Fund",
    "name_ko": "열린 화실 기금",
    "about": "An invented charity for the rehearsal: paint, paper and time for young artists.",
    "about_ko": "리허설을 위해 지어낸 기금입니다. 젊은 작가에게 물감과 종이와 시간을 건넵니다.",
    "country": "KR",
}

SITTINGS = (
    Sitting(
        "ridge", "ines", "mountains at sunset, oil painting", (11, 12, 13), 12,
        "Evening over the Ridge", "능선 위의 저녁",
        "The last light on a ridge, as the painter sees it.", "화가 모델이 바라본 능선 위의 마지막 빛.",
        "It knows sunsets better than anything else: it has seen so many.",
        "이 모델은 노을을 가장 잘 압니다. 그만큼 많이 보았으니까요.",
        price="0.04", sold=True,
    ),
    Sitting(
        "sea", "seoyeon", "노을 지는 바다, 유화", (21, 22, 23), 21,
        "Sea at Dusk", "노을의 바다",
        "Asked for in Korean. The English that the model read stands beside the words that were typed.",
        "한국어로 부탁한 그림입니다. 작가가 쓴 말과 모델이 읽은 영어를 나란히 남깁니다.",
        "The prompt was four Korean words; both languages are kept with the work.",
        "프롬프트는 한국어 네 마디였습니다. 두 언어가 작품과 함께 보존됩니다.",
        price="0.03",
    ),
    Sitting(
        "tides", "jonas", "a beach at sunset, impressionist painting", (31, 32, 33, 34, 35, 36, 37, 38, 39), 31,
        "Nine Tides", "아홉 물때",
        "One prompt, nine seeds: nine moments of the same shore, on one canvas of three by three.",
        "하나의 프롬프트, 아홉 개의 시드. 같은 바닷가의 아홉 순간을 세 줄 세 칸 한 화면에 담았습니다.",
        "Each panel is a full picture of its own. They are sold as one token.",
        "패널 하나하나가 온전한 그림이며, 하나의 토큰으로 판매됩니다.",
        price="0.09", sold=True, panels=True, licence="CBE-NECR",
    ),
    Sitting(
        "lake", "ines", "ink wash painting of a lake", (41, 42, 43), 43,
        "The Red Boat", "빨간 배",
        "The machine's lake, downloaded, worked over by hand and uploaded again as its child.",
        "기계가 그린 호수를 내려받아 손으로 다시 그린 뒤, 그 자식 그림으로 올렸습니다.",
        "The lake is the machine's. The boat, its reflection and the seal are not.",
        "호수는 기계의 것입니다. 배와 그 그림자, 낙관은 사람의 것입니다.",
        price="0.06", retouched_by="seoyeon",
    ),
    Sitting(
        "north", "seoyeon", "오로라 아래 설원", (51, 52, 53), 52,
        "Northern Weather", "북쪽의 날씨",
        "Minted to its artist by the site and kept by her; not for sale.",
        "작가가 간직하기 위해 발행한 작품입니다. 판매하지 않습니다.",
        "Not everything in a gallery is for sale.", "갤러리의 모든 작품이 판매되는 것은 아닙니다.",
    ),
)  # fmt: skip

SERIES = {
    "slug": "first-light",
    "title": "First Light",
    "title_ko": "첫 빛",
    "statement": "The first pictures of a small painter that learned on one machine.",
    "statement_ko": "한 대의 기계에서 배운 작은 화가 모델의 첫 그림들입니다.",
}

EXHIBITION = {
    "slug": "first-light",
    "title": "First Light: Five Works from a Small Machine",
    "title_ko": "첫 빛: 작은 기계의 다섯 작품",
    "essay": (
        "Everything in this room was painted here, on the machine you are sitting at, a few minutes ago. The painter "
        "is small and young. It is sure of skies, water and the hour of the day, and unsure of nearly everything "
        "else, which is not the worst way to begin.\n\n"
        "Five works, three artists. One wrote in Korean; one asked the same thing nine times; one took the machine's "
        "lake and put a boat on it by hand. Under each picture you find how it was made, step by step, and whether "
        "a machine or a hand made each step. When a work is sold, a tenth of its price goes to a charity in the same transaction, and you do "
        "not have to take our word for it."
    ),
    "essay_ko": (
        "이 방의 모든 그림은 바로 이 컴퓨터에서, 몇 분 전에 그려졌습니다. 화가 모델은 작고 아직 어립니다. 하늘과 물, "
        "하루의 시간은 잘 알지만 그 밖의 것에는 대체로 서툽니다. 시작치고는 나쁘지 않습니다.\n\n"
        "세 작가의 다섯 작품입니다. 한 사람은 한국어로 썼고, 한 사람은 같은 것을 아홉 번 물었으며, 한 사람은 기계가 그린 "
        "호수에 손으로 배를 띄웠습니다. 그림마다 어떻게 만들어졌는지, 각 단계가 기계의 것인지 사람 손의 것인지 적어 두었습니다. 작품이 "
        "팔리면 값의 십분의 일이 같은 거래 안에서 기부됩니다. 저희 말을 믿으실 필요는 없습니다. 직접 확인하실 수 있습니다."
    ),
}
