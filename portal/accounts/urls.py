"""Addresses of people and customers: under a customer, for staff, and for whoever follows an invitation."""

from django.urls import URLPattern, path

from portal.accounts.views import audit, company, joining, looking, people, queues, staff

urls: list[URLPattern] = [path("invitations/<str:token>/", joining.invitation, name="invitation")]
customer_urls: list[URLPattern] = [
    path("company/", company.company, name="company"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<int:pk>/role/", people.member_role, name="member_role"),
    path("people/<int:pk>/remove/", people.member_remove, name="member_remove"),
    path("people/invitations/<int:pk>/revoke/", people.invitation_revoke, name="invitation_revoke"),
    path("look-as/", looking.look_as, name="look_as"),
    path("audit/", audit.audit, name="audit"),
]
staff_urls: list[URLPattern] = [
    path("customers/", staff.customers, name="customers"),
    path("customers/new/", staff.customer_new, name="customer_new"),
    path("audit/", audit.staff_audit, name="staff_audit"),
    path("queues/", queues.queues, name="queues"),
    path("queues/outgoing/<int:pk>/again/", queues.outgoing_again, name="outgoing_again"),
]
