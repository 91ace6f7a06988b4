"""Addresses of the gallery. Pages end in a slash; the language is no part of an address."""

from django.urls import path
from django.views.i18n import set_language

from gallery.views import ledger, market, people, pictures, public, publishing, statements, studio, studio_urls
from gallery.views.page import page

urlpatterns = [
    path("", page(public.home), name="home"),
    path("exhibitions/", page(public.exhibitions), name="exhibitions"),
    path("exhibitions/<str:slug>/", page(public.exhibition), name="exhibition"),
    path("works/<uuid:work_id>/", page(public.work), name="work"),
    path("works/<uuid:work_id>/purchase", market.purchase, name="purchase"),
    path("collections/<str:address>/", page(public.collection), name="collection"),
    path("models/<path:name>/", page(public.model_card), name="model"),
    path("ledger/", page(ledger.page), name="ledger"),
    path("verify.py", ledger.verifier, name="verifier"),
    path("ledger.csv", ledger.as_csv, name="ledger-csv"),
    path("ledger.json", ledger.as_json, name="ledger-json"),
    path("charities/<slug:slug>/statement-<int:year>.pdf", page(statements.charity), name="charity-statement"),
    path("account/statement-<int:year>.pdf", page(statements.own), name="own-statement"),
    path("pictures/<uuid:image_id>/original", pictures.original, name="original"),
    path("pictures/<uuid:image_id>/<int:width_px>.webp", pictures.derivative, name="picture"),
    path("studio/", page(studio.studio), name="studio"),
    *studio_urls.urlpatterns,
    path("studio/progress/", studio.progress, name="studio-progress"),
    path("studio/compose/", page(studio.compose), name="studio-compose"),
    path("studio/upload/", page(studio.upload), name="studio-upload"),
    path("studio/jobs/<uuid:job_id>/cancel", studio.cancel, name="job-cancel"),
    path("studio/jobs/<uuid:job_id>/retry", studio.retry, name="job-retry"),
    path("studio/pictures/<uuid:image_id>/", page(studio.picture), name="studio-picture"),
    path("studio/pictures/<uuid:image_id>/publish/", page(publishing.publish_form), name="studio-publish"),
    path("studio/works/<uuid:work_id>/", page(publishing.work), name="studio-work"),
    path("studio/works/<uuid:work_id>/submit", publishing.submit, name="work-submit"),
    path("studio/works/<uuid:work_id>/voucher", publishing.voucher, name="work-voucher"),
    path("studio/works/<uuid:work_id>/publish", publishing.publish, name="work-publish"),
    path("studio/works/<uuid:work_id>/mint", publishing.mint, name="work-mint"),
    path("studio/works/<uuid:work_id>/withdraw", publishing.withdraw, name="work-withdraw"),
    path("shares/<int:share_id>/accept", publishing.accept, name="share-accept"),
    path("sign-in/", page(people.SignIn.as_view()), name="sign-in"),
    path("sign-in/wallet/message", people.wallet_message, name="wallet-message"),
    path("sign-in/wallet", people.wallet, name="wallet"),
    path("sign-out/", people.SignOut.as_view(), name="sign-out"),
    path("join/", page(people.join), name="join"),
    path("account/", page(people.account), name="account"),
    path("language/", set_language, name="set_language"),
]
