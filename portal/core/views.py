"""Error pages that need more than a template."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the sentence that says what to do."""
    return render(request, "403.html", {"sentence": str(exception)}, status=403)
