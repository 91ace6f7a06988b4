"""Every way of painting behind one small protocol. `registry` is the door.

torch and diffusers are imported inside functions, or in `painter`, `auto` and `unclip`, which only
`registry.load` imports: the web process asks for cards and must not pay for torch.
"""
