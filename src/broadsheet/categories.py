"""The fields of research, as arXiv names them, and the section of the paper each belongs to."""

from __future__ import annotations

from typing import Final

# arXiv's taxonomy: archive → name, for archives that are a section as a whole.
ARCHIVES: Final[dict[str, str]] = {
    "astro-ph": "Astrophysics",
    "cond-mat": "Condensed matter",
    "cs": "Computer science",
    "econ": "Economics",
    "eess": "Signals and systems",
    "gr-qc": "Gravitation",
    "hep-ex": "High energy physics",
    "hep-lat": "High energy physics",
    "hep-ph": "High energy physics",
    "hep-th": "High energy physics",
    "math": "Mathematics",
    "math-ph": "Mathematical physics",
    "nlin": "Nonlinear sciences",
    "nucl-ex": "Nuclear physics",
    "nucl-th": "Nuclear physics",
    "physics": "Physics",
    "q-bio": "Biology",
    "q-fin": "Finance",
    "quant-ph": "Quantum physics",
    "stat": "Statistics",
}

# Categories with a section of their own, where one archive would be too wide a head.
SECTIONS: Final[dict[str, str]] = {
    "cs.AI": "Artificial intelligence",
    "cs.AR": "Hardware",
    "cs.CC": "Theory of computing",
    "cs.CE": "Computational science",
    "cs.CG": "Theory of computing",
    "cs.CL": "Language",
    "cs.CR": "Security",
    "cs.CV": "Vision",
    "cs.CY": "Computers and society",
    "cs.DB": "Databases",
    "cs.DC": "Distributed computing",
    "cs.DL": "Digital libraries",
    "cs.DM": "Theory of computing",
    "cs.DS": "Theory of computing",
    "cs.FL": "Theory of computing",
    "cs.GR": "Graphics",
    "cs.GT": "Game theory",
    "cs.HC": "Human and computer",
    "cs.IR": "Retrieval",
    "cs.IT": "Information theory",
    "cs.LG": "Learning",
    "cs.LO": "Logic",
    "cs.MA": "Agents",
    "cs.MM": "Multimedia",
    "cs.MS": "Mathematical software",
    "cs.NA": "Numerical analysis",
    "cs.NE": "Neural and evolutionary computing",
    "cs.NI": "Networks",
    "cs.OS": "Operating systems",
    "cs.PF": "Performance",
    "cs.PL": "Programming languages",
    "cs.RO": "Robotics",
    "cs.SC": "Symbolic computation",
    "cs.SD": "Sound",
    "cs.SE": "Software",
    "cs.SI": "Social networks",
    "cs.SY": "Signals and systems",
    "eess.AS": "Sound",
    "eess.IV": "Imaging",
    "eess.SP": "Signals and systems",
    "eess.SY": "Signals and systems",
    "math.IT": "Information theory",
    "math.NA": "Numerical analysis",
    "math.OC": "Optimisation",
    "math.PR": "Probability",
    "math.ST": "Statistics",
    "stat.ML": "Learning",
}


def section_of(category: str) -> str:
    """The section head for a category; a category nobody lists is its own head, '' has none.

    >>> section_of("cs.CV"), section_of("astro-ph.GA"), section_of("neuroscience"), section_of("")
    ('Vision', 'Astrophysics', 'Neuroscience', '')
    """
    if category in SECTIONS:
        return SECTIONS[category]
    archive = category.split(".", 1)[0]
    if archive in ARCHIVES:
        return ARCHIVES[archive]
    return category[:1].upper() + category[1:]
