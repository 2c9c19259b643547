"""Addresses of this app: under a customer, and for staff."""

from django.urls import URLPattern, path

from portal.support.views import customer, staff

customer_urls: list[URLPattern] = [
    path("support/", customer.support, name="support"),
    path("support/tickets/new/", customer.ticket_new, name="ticket_new"),
    path("support/tickets/<int:pk>/", customer.ticket, name="ticket"),
    path("support/tickets/<int:pk>/reply/", customer.ticket_reply, name="ticket_reply"),
    path("support/tickets/<int:pk>/close/", customer.ticket_close, name="ticket_close"),
]
staff_urls: list[URLPattern] = [
    path("cockpit/", staff.cockpit, name="cockpit"),
    path("tickets/", staff.tickets, name="tickets"),
    path("tickets/<int:pk>/", staff.staff_ticket, name="staff_ticket"),
    path("tickets/<int:pk>/reply/", staff.staff_ticket_reply, name="staff_ticket_reply"),
    path("tickets/<int:pk>/note/", staff.staff_ticket_note, name="staff_ticket_note"),
    path("tickets/<int:pk>/assign/", staff.staff_ticket_assign, name="staff_ticket_assign"),
    path("tickets/<int:pk>/close/", staff.staff_ticket_close, name="staff_ticket_close"),
]
