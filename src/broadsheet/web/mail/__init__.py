"""Pages of mail: subscribing, what links in mails lead to, and a reader's own subscriptions."""

from fastapi import APIRouter

from broadsheet.web.mail import links, mine, subscribing

router = APIRouter(include_in_schema=False)
router.include_router(subscribing.router)
router.include_router(links.router)
router.include_router(mine.router)
