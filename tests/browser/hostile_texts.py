"""Texts that would call a listener if a page took them for anything but text."""


def hostile_texts(address) -> tuple[str, ...]:
    """Each would call the listener if it were read as markup, as a style, or as a script."""
    return (
        f"</script><script>document.title='hit';new Image().src='{address}/script'</script>",
        f"<img src='{address}/img'>",
        f"<img src=x onerror=\"new Image().src='{address}/onerror'\">",
        f'"><svg onload="new Image().src=\'{address}/svg\'">',
        f"<style>@import '{address}/style';</style>",
        f"<!-- --><link rel=stylesheet href={address}/link>",
    )
