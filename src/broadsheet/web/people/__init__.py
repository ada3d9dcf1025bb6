"""The pages of people: the door, joining, a reader's own account, and who is here."""

from fastapi import APIRouter

from broadsheet.web.people import account, admin, devices, doors, joining

router = APIRouter(include_in_schema=False)
for _room in (doors, joining, account, devices, admin):
    router.include_router(_room.router)

__all__ = ["router"]
