"""A page as a browser understands it: its words, and the fields of its main form to fill in and send."""

from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass
class Field:
    attrs: dict[str, str | None]
    value: str = ""
    checked: bool = False

    @property
    def name(self) -> str:
        return self.attrs.get("name") or ""

    @property
    def label(self) -> str:
        return self.attrs.get("aria-label") or ""

    @property
    def sent(self) -> bool:
        return bool(self.name) and (self.attrs.get("type") not in {"checkbox", "radio"} or self.checked)


@dataclass
class Element:
    """A piece of the page that tests look at: an error, a comparison."""

    css: str
    label: str
    text: str = ""


class Page(HTMLParser):
    """Only what stands in <main>; `fields` are those of the first form that carries a draft."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.forms: list[list[Field]] = []
        self.elements: list[Element] = []
        self._in_main = False
        self._area: Field | None = None
        self._open: Element | None = None
        self.feed(source)

    @property
    def fields(self) -> list[Field]:
        return next(form for form in self.forms if any(field.name == "draft" for field in form))

    @property
    def labels(self) -> list[str]:
        """The keys that have a field, in their order on the page."""
        fields = self.fields if self.forms else []
        return [one.label.removeprefix("Value of ") for one in fields if one.label.startswith("Value of ")]

    @property
    def errors(self) -> list[str]:
        return [element.text.strip() for element in self.elements if element.css == "field-error"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "main":
            self._in_main = True
        elif tag == "form" and self._in_main:
            self.forms.append([])
        elif tag in {"input", "textarea"} and self.forms:
            default = "on" if given.get("type") == "checkbox" else ""
            one = Field(given, given.get("value") or default, checked="checked" in given)
            self.forms[-1].append(one)
            self._area = one if tag == "textarea" else None
        elif tag in {"pre", "div"} and (tag == "pre" or given.get("class") == "field-error"):
            self._open = Element(given.get("class") or "", given.get("aria-label") or "")
            self.elements.append(self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._in_main = False
        elif tag == "textarea" and self._area:
            self._area.value = self._area.value.removeprefix("\n")  # as browsers do
            self._area = None
        elif tag in {"pre", "div"}:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area.value += data
        elif self._in_main:
            self.words.append(data)
            if self._open:
                self._open.text += data
