"""Copy the sample photographs out of the packages that ship them, byte for byte.

They are small already, and an unchanged copy can be checked against its source.
Run: ``python -m assets.build_samples``.
"""

from pathlib import Path

from assets.wheels import Wheel, open_wheel

TARGET = Path(__file__).parent / "samples"
SOURCES = {
    Wheel(
        "scikit-image==0.26.0",
        "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    ): {
        "skimage/data/chelsea.png": "cat.png",
        "skimage/data/coffee.png": "coffee.png",
        "skimage/data/camera.png": "tripod.png",
        "skimage/data/rocket.jpg": "rocket.jpg",
    },
    Wheel(
        "scikit-learn==1.9.1",
        "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
    ): {
        "sklearn/datasets/images/china.jpg": "china.jpg",
        "sklearn/datasets/images/flower.jpg": "flower.jpg",
    },
}


def main() -> None:
    """Download and copy."""
    TARGET.mkdir(exist_ok=True)
    for source, members in SOURCES.items():
        with open_wheel(source) as wheel:
            for member, name in members.items():
                (TARGET / name).write_bytes(wheel.read(member))
                print(f"{name}: {source.requirement}, {member}")


if __name__ == "__main__":
    main()
