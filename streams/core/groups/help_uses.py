"""Uses of the help: what was searched and read, how articles were rated, and whether an agent was needed all the same."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from schemas import events as e
from streams.core.contribution import Delta, difference
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.help_uses import HelpUseFacts, Rating, Search, View
from streams.core.group import Group
from streams.core.measures import Contribution
from streams.core.support import Support
from streams.core.time import MINUTE_MS, deadline_minute

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_USES: Final = 512
"""Searches, clicks, views and ratings, of each, that are remembered of one customer; beyond, the oldest are forgotten."""

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_HELP_SEARCHED: Final = e.HelpSearched
_HELP_RESULT_CLICKED: Final = e.HelpResultClicked
_HELP_ARTICLE_VIEWED: Final = e.HelpArticleViewed
_HELP_ARTICLE_RATED: Final = e.HelpArticleRated


class HelpUses(Group[HelpUseFacts]):
    """Searches of the help and its articles."""

    name: ClassVar[str] = "help_uses"
    measures: ClassVar[tuple[str, ...]] = (
        "searches",
        "searches_decided",
        "views_decided",
        "article_ratings",
    )
    facts = HelpUseFacts
    types: ClassVar[tuple[type[Event], ...]] = (
        e.HelpSearched,
        e.HelpResultClicked,
        e.HelpArticleViewed,
        e.HelpArticleRated,
    )
    follows_contacts: ClassVar[bool] = True

    def join(self, facts: HelpUseFacts, told: Told, dimensions: Dimensions) -> None:
        """Join one event."""
        event, time = told.event, told.time
        if type(event) is _HELP_SEARCHED:
            platform = dimensions.fold("platform", event.platform) or UNKNOWN
            _search(facts, event.data.search_id, (time, event.data.results, platform))
        elif type(event) is _HELP_RESULT_CLICKED:
            _click(facts, event.data.search_id, time)
        elif type(event) is _HELP_ARTICLE_VIEWED:
            _view(facts.views, (time, _article(event.data.article, dimensions)))
        elif type(event) is _HELP_ARTICLE_RATED:
            _rate(facts, _article(event.data.article, dimensions), (time, event.data.helpful))

    def merge(self, facts: HelpUseFacts, other: HelpUseFacts) -> None:
        """Join all searches, clicks, views and ratings."""
        for key, search in other.searches.items():
            _search(facts, key, search)
        for key, time in other.clicks.items():
            _click(facts, key, time)
        for view in other.views:
            _view(facts.views, view)
        for article, rating in other.ratings.items():
            _rate(facts, article, rating)

    def contributions(self, facts: HelpUseFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return searches when they were made, ratings likewise, searches and views at the end of their assumption time."""
        del rules
        support = _support(c)
        out: list[Contribution] = []
        for key in facts.searches:
            out += self._searched(facts, key, support)
        out += [self._viewed(view, support) for view in facts.views]
        out += [_rated(facts, article) for article in facts.ratings]
        return out

    def near(
        self, facts: HelpUseFacts, c: Customer, rules: Rules, first: int, last: int
    ) -> list[Contribution]:
        """Return the views, and the searches with a click, that such contacts may follow within the assumption time."""
        del rules
        support = _support(c)
        since = first - self.definitions.assumption_ms
        out: list[Contribution] = []
        for key, search in facts.searches.items():
            if since < search[0] <= last and key in facts.clicks:
                out += self._searched(facts, key, support)
        views = facts.views
        for at in range(bisect_left(views, (since + 1, "")), len(views)):
            view = views[at]
            if view[0] > last:
                break
            out.append(self._viewed(view, support))
        return out

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join an event and return what that changes: nothing but its own search, view or rating, unless another has to go."""
        facts = self.opened(c)
        views, ratings = facts.views, facts.ratings
        if (
            len(views) >= MAX_USES
            or len(ratings) >= MAX_USES
            or len(facts.searches) >= MAX_USES
            or len(facts.clicks) >= MAX_USES
        ):
            return super().update(c, told, rules, dimensions)
        event = told.event
        if type(event) is _HELP_ARTICLE_VIEWED:
            view = (told.time, _article(event.data.article, dimensions))
            return [self._viewed(view, _support(c))] if _view(views, view) else []
        if type(event) is _HELP_ARTICLE_RATED:
            article = _article(event.data.article, dimensions)
            before = [_rated(facts, article)] if article in ratings else []
            self.join(facts, told, dimensions)
            return difference(before, [_rated(facts, article)])
        key, support = event.data.search_id, _support(c)  # type: ignore[attr-defined]
        before = self._searched(facts, key, support)
        self.join(facts, told, dimensions)
        return difference(before, self._searched(facts, key, support))

    def _searched(self, facts: HelpUseFacts, key: str, support: Support | None) -> list[Contribution]:
        search = facts.searches.get(key)
        if search is None:
            return []
        time, results, platform = search
        until = time + self.definitions.assumption_ms
        clicked = key in facts.clicks and facts.clicks[key] < until
        solved = "1" if clicked and not _contacted(support, time, until) else "0"
        return [
            ("searches", ("1" if results else "0", platform), time // MINUTE_MS, 1),
            ("searches_decided", (solved, platform), deadline_minute(until), 1),
        ]

    def _viewed(self, view: View, support: Support | None) -> Contribution:
        time, article = view
        until = time + self.definitions.assumption_ms
        solved = "0" if _contacted(support, time, until) else "1"
        return "views_decided", (solved, article), deadline_minute(until), 1

    def values(self, facts: HelpUseFacts) -> Iterable[tuple[str, str]]:
        """Yield platforms and articles."""
        yield from (("platform", platform) for _, _, platform in facts.searches.values())
        yield from (("article", article) for _, article in facts.views)
        yield from (("article", article) for article in facts.ratings)


def _support(c: Customer) -> Support | None:
    """The facts that say when the customer contacted an agent, if there are any."""
    return None if c.support is None else c.opened()


def _contacted(support: Support | None, begin: int, end: int) -> bool:
    return support is not None and support.first_contact(begin, end) is not None


def _article(name: str, dimensions: Dimensions) -> str:
    return dimensions.fold("article", name) or UNKNOWN


def _rated(facts: HelpUseFacts, article: str) -> Contribution:
    time, helpful = facts.ratings[article]
    return "article_ratings", ("1" if helpful else "0", article), time // MINUTE_MS, 1


def _search(facts: HelpUseFacts, key: str, search: Search) -> None:
    known = facts.searches
    known[key] = min(search, known.get(key, search))
    if len(known) > MAX_USES:
        del known[min(known, key=lambda k: (known[k][0], k))]


def _click(facts: HelpUseFacts, key: str, time: int) -> None:
    known = facts.clicks
    known[key] = min(time, known.get(key, time))
    if len(known) > MAX_USES:
        del known[min(known, key=lambda k: (known[k], k))]


def _view(views: list[View], view: View) -> bool:
    """Join a view; False if it was known."""
    if not views or view > views[-1]:
        views.append(view)
    else:
        at = bisect_left(views, view)
        if views[at] == view:
            return False
        views.insert(at, view)
    if len(views) > MAX_USES:
        del views[0]
    return True


def _rate(facts: HelpUseFacts, article: str, rating: Rating) -> None:
    known = facts.ratings
    known[article] = max(rating, known.get(article, rating))
    if len(known) > MAX_USES:
        del known[min(known, key=lambda a: (known[a][0], a))]
