"""Make a Wagtail site comparable: production settings, 1,000 pages below the home page, a list of 20 of them with the pager.

Run inside its own virtual environment: `python peer_wagtail.py FOLDER` after `wagtail start peer FOLDER`.
"""

import os
import sys
from pathlib import Path

home = Path(sys.argv[1])
(home / "bench_settings.py").write_text(
    "from peer.settings.base import *\nDEBUG = False\nSECRET_KEY = 'bench'\nALLOWED_HOSTS = ['*']\n"
    "STORAGES = {'default': {'BACKEND': 'django.core.files.storage.FileSystemStorage'},"
    " 'staticfiles': {'BACKEND': 'django.contrib.staticfiles.storage.StaticFilesStorage'}}\n"
)
(home / "home/templates/home/home_page.html").write_text(
    """{% extends "base.html" %}{% load wagtailcore_tags %}{% block content %}<h1>{{ page.title }}</h1><ul>
{% for child in children %}<li><h2><a href="{% pageurl child %}">{{ child.title }}</a></h2><p>{{ child.search_description }}</p>
<p>{{ child.first_published_at }}</p></li>{% endfor %}</ul><p>{{ children.paginator.count }}</p>{% endblock %}"""
)
(home / "home/models.py").write_text(
    """from django.core.paginator import Paginator
from wagtail.models import Page


class HomePage(Page):
    def get_context(self, request):
        context = super().get_context(request)
        context["children"] = Paginator(self.get_children().live().order_by("-id"), 20).get_page(request.GET.get("page"))
        return context
"""
)
sys.path.insert(0, str(home))
os.environ["DJANGO_SETTINGS_MODULE"] = "bench_settings"
import django  # noqa: E402

django.setup()
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
from home.models import HomePage  # noqa: E402

root = HomePage.objects.first()
words = "A sentence of about the length that a summary has, so that pages are of the same size. " * 3
for number in range(1000):
    root.add_child(instance=HomePage(title=f"Practice {number}", slug=f"practice-{number}", search_description=words))
