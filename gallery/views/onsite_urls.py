"""Addresses of sales on site: the counter for staff, the claim page for buyers, the artist's part."""

from django.urls import path

from gallery.views import claim, onsite
from gallery.views.page import page

urlpatterns = [
    path("operators/sales/", page(onsite.counter), name="operators-sales"),
    path("operators/sales/works/<uuid:work_id>/", page(onsite.record), name="operators-sell"),
    path("operators/sales/works/<uuid:work_id>/label/", page(onsite.label), name="operators-label"),
    path("operators/sales/<int:pk>/", page(onsite.sale), name="operators-sale"),
    path("operators/sales/<int:pk>/void", onsite.void, name="operators-sale-void"),
    path("operators/sales/<int:pk>/slip", onsite.slip, name="operators-sale-slip"),
    path("operators/sales/<int:pk>/payments", page(onsite.pay), name="operators-sale-pay"),
    path("operators/sales/payments/<int:pk>/void", onsite.void_payment, name="operators-payment-void"),
    path("operators/sales/payments/<int:pk>/document", onsite.document, name="operators-payment-document"),
    path("claim/", page(claim.page), name="claim"),
    path("claim/prepare", claim.prepare, name="claim-prepare"),
    path("studio/works/<uuid:work_id>/handover-voucher", claim.handover_voucher, name="handover-voucher"),
    path("studio/works/<uuid:work_id>/handover", claim.sign_handover, name="handover"),
    path("studio/works/<uuid:work_id>/cancel-signature", claim.cancel_signature, name="cancel-signature"),
]
