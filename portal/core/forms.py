"""The one form page: how a form is shown, done, and shown again with what a rule or a service refused."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict

from portal.core.errors import Invalid, UserError
from portal.core.htmx import page

D = TypeVar("D")
F = TypeVar("F", bound=forms.BaseForm)


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent for a form; None where the form is only to be shown."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest,
    template: str,
    form: F,
    do: Callable[[F], HttpResponse],
    context: Mapping[str, object] | Callable[[], Mapping[str, object]] | None = None,
    *,
    partial: str = "form",
    name: str = "form",
) -> HttpResponse:
    """Shows `form` (in the context as `name`); what was sent is given to `do`, which answers when it is done.

    What the form or a service refuses is said at its fields: the same page, or its `partial` for htmx, with status 422.
    `context` is what else the template takes; a function is only asked when the page is shown.
    """
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if form.is_bound and form.is_valid():
        try:
            return do(form)
        except UserError as refusal:
            show_refusal(form, refusal)
    more = context() if callable(context) else context or {}
    status = 422 if form.is_bound else 200
    return page(request, template, {**more, name: form}, partial=partial, status=status)


def read_as(shape: type[D], values: Mapping[str, object]) -> D:
    """A form's values as a rule takes them: a dataclass, with nothing in the fields that could not be read."""
    return shape(**{field.name: values.get(field.name, "") for field in fields(shape)})  # type: ignore[arg-type]


def show_problems(form: forms.BaseForm, problems: Mapping[str, str]) -> None:
    """Puts each sentence at its field; what is about no field of the form goes above it.

    A field that cannot even be read has said so already.
    """
    for field, sentence in problems.items():
        name = field if field in form.fields else None
        if name is None or name not in form.errors:
            form.add_error(name, sentence)


def show_refusal(form: forms.BaseForm, refusal: UserError) -> None:
    """What a service refused: at its fields when it says which, above the form otherwise."""
    if isinstance(refusal, Invalid):
        show_problems(form, refusal.problems)
    else:
        form.add_error(None, str(refusal))
