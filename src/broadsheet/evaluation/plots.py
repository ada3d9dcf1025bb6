"""Quality against time, and quality against bytes, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from broadsheet.exceptions import ConfigError

AXES: Final = {"latency": ("ms", "CPU ms a query"), "bytes": ("bytes", "bytes a paper")}
_SHAPES: Final = {"baseline": "s", "stage": "o", "combination": "D", "codec": "v", "served": "*"}


def require() -> None:
    """Raise ConfigError where plots cannot be made, before anything is measured."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "plots are drawn by matplotlib, which is not installed: pip install 'broadsheet[learn]', "
            "or leave --out away"
        ) from error


def draw(content: dict[str, Any], folder: Path, kinds: dict[str, str]) -> list[Path]:
    """Write quality-latency.svg and quality-bytes.svg; returns their paths.

    content: what `Evaluation.as_json` returned. kinds: of the systems, by name, which tell the marks' shapes.
    """
    require()
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    written = []
    # The same figures make the same file.
    with mpl.rc_context({"svg.hashsalt": "broadsheet", "font.family": "serif", "svg.fonttype": "none"}):
        for name, (key, label) in AXES.items():
            figure = Figure(figsize=(10, 5.6))
            FigureCanvasSVG(figure)
            axes = figure.add_axes((0.07, 0.1, 0.52, 0.87))
            # Names stand in a column, in the order of quality: beside the marks they would overlap.
            ranked = sorted(content["systems"], key=lambda each: (each["mean"], each["system"]))
            for place, system in enumerate(ranked):
                kind = kinds.get(system["system"], "stage")
                color = "#8a1a1a" if kind == "served" else "#1b1a17" if kind != "codec" else "#5c574d"
                at = max(system[key], 1e-2), system["mean"]
                axes.plot(*at, _SHAPES[kind], color=color, markersize=12 if kind == "served" else 6)
                axes.annotate(
                    f"{system['mean']:.3f}  {system['title']}",
                    at,
                    (1.06, 0.02 + 0.96 * place / max(len(ranked) - 1, 1)),
                    textcoords="axes fraction",
                    fontsize=8,
                    color=color,
                    va="center",
                    arrowprops={
                        "arrowstyle": "-",
                        "color": "#b5ad9c",
                        "linewidth": 0.5,
                        "shrinkB": 4,
                        "relpos": (0, 0.5),
                    },
                )
            axes.set_xscale("log")
            axes.margins(x=0.08, y=0.08)
            axes.set_xlabel(f"{label} (logarithmic)")
            axes.set_ylabel("mean nDCG@10")
            axes.grid(visible=True, color="#d9d3c6", linewidth=0.5)
            axes.spines[["top", "right"]].set_visible(False)
            path = folder / f"quality-{name}.svg"
            figure.savefig(path, format="svg", metadata={"Date": None})
            written.append(path)
    return written


def draw_readers(content: dict[str, Any], folder: Path) -> Path:
    """Write quality-readers.svg, recall against cost at each question; returns its path.

    content: what `reader_results.as_json` returned.
    """
    require()
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    protocols = list(dict.fromkeys(line["protocol"] for line in content["lines"]))
    with mpl.rc_context({"svg.hashsalt": "broadsheet", "font.family": "serif", "svg.fonttype": "none"}):
        figure = Figure(figsize=(10, 3.2 * len(protocols)), layout="constrained")
        FigureCanvasSVG(figure)
        every = figure.subplots(len(protocols), 1, squeeze=False)[:, 0]
        for axes, protocol in zip(every, protocols, strict=True):
            lines = sorted(
                (line for line in content["lines"] if line["protocol"] == protocol), key=lambda x: x["R@100"]
            )
            for place, line in enumerate(lines):
                low, high = line["interval"]
                color = "#8a1a1a" if line["system"].startswith(("taste", "together")) else "#1b1a17"
                axes.plot([low, high], [place, place], color=color, linewidth=2)
                axes.plot(line["R@100"], place, "o", color=color)
            axes.set_yticks(range(len(lines)), [line["title"] for line in lines], fontsize=8)
            axes.set_xlabel(f"R@100, {protocol}, with 95 % interval")
            axes.grid(visible=True, axis="x", color="#d9d3c6", linewidth=0.5)
            axes.spines[["top", "right"]].set_visible(False)
        path = folder / "quality-readers.svg"
        figure.savefig(path, format="svg", metadata={"Date": None})
    return path
