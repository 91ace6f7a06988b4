"""What the pin and chain queues' workers do: take one row as far as it goes now.

A message may come twice or late; the edges of pins and outbox decide, and everything else is a quiet return.
"""

from celery import shared_task

from minting.chains import network
from minting.ipfs import pins
from minting.transactions import signer, watch, work


@shared_task(name="minting.pin")
def pin(pin_id: int) -> None:
    """Upload, verify or check one pin."""
    pins.work(pin_id)


@shared_task(name="minting.send")
def send(transaction_id: int) -> None:
    """Sign, send or follow one transaction; in the chain role only."""
    work.work(transaction_id)


@shared_task(name="minting.watch")
def watch_signers() -> None:
    """Look at what the signers' accounts hold; in the chain role only."""
    watch.look_at_all(network(), signer.unlock())
