"""What a user does with a VM, step by step; the same in a page of its own and in Cockpit's frame.

A step gets the frame that our pages stand in; that of a page of its own is the page's main frame.
"""

import re
from typing import Final

from playwright.sync_api import Frame, Locator, expect

from tests.e2e.cluster import Cluster

LOAD: Final = 60_000  # ms
# Both the page and the API server's aggregation layer try again each 30 s at last.
CONSOLE: Final = 180_000  # ms
BOOT: Final = 240_000  # ms; a guest under emulation on a machine that does more than that
_TINY: Final = "A tiny Linux, on a container disk"
_CANVAS: Final = ".vp-console-screen canvas"
_IS_REDRAWN: Final = f"before => document.querySelector('{_CANVAS}')?.toDataURL() !== before"
# Waits in the guest for a shell whose terminal is the screen: device 4:1, as /proc/PID/stat has it.
_AWAIT_SHELL: Final = "until grep -qs '(sh) . [0-9]* [0-9]* [0-9]* 1025 ' /proc/[0-9]*/stat"


def go(frame: Frame, path: str) -> None:
    """Open a page of ours by its path below the hash."""
    frame.evaluate("path => { location.hash = path }", path)


def find_row(frame: Frame, name: str) -> Locator:
    """Return the line of the list that is about a VM."""
    link = frame.get_by_role("link", name=name, exact=True)
    return frame.get_by_role("row").filter(has=link)


def until_connected(frame: Frame) -> None:
    """Wait until the console of an open page shows the guest."""
    status = frame.get_by_role("status").filter(has_text="Connected")
    expect(status).to_be_visible(timeout=CONSOLE)


def create_tiny(frame: Frame, name: str) -> None:
    """Fill in the form of a page that has it open; afterwards the VM's own page is open."""
    frame.get_by_label("Begin with").select_option(label=_TINY)
    frame.locator("#create-name").fill(name)
    expect(frame.get_by_text("The API server would accept this.")).to_be_visible(timeout=LOAD)
    frame.get_by_role("button", name="Create", exact=True).click()
    expect(frame.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=LOAD)


def watch_boot(frame: Frame, vm: str) -> None:
    """See a VM, NAMESPACE/NAME, whose page is open, become Running and say so in its log."""
    expect(frame.get_by_text("Running", exact=True).first).to_be_visible(timeout=BOOT)
    _read_log(frame, vm, "login:")


def type_at_console(frame: Frame, vm: str) -> None:
    """Log in at the serial console, and have the guest tell there of a log-in at the screen."""
    go(frame, f"/vms/{vm}/console")
    heard = frame.get_by_role("log", name="New output")
    until_connected(frame)
    frame.locator(".vp-console-lines").click()
    keyboard = frame.page.keyboard
    keyboard.press("Enter")
    expect(heard).to_contain_text("login:", timeout=LOAD)
    keyboard.type("root\n")
    expect(heard).to_contain_text("#", timeout=LOAD)
    keyboard.type("echo $((6 * 7))-answer > /dev/tty0; echo $((6 * 7))-answer\n")
    expect(heard).to_contain_text("42-answer", timeout=LOAD)
    keyboard.type(f"{_AWAIT_SHELL}; do sleep 1; done; echo $((7 * 8))-at-screen\n")


def type_at_screen(frame: Frame, vm: str) -> None:
    """Log in at the screen, after the console: it is another picture, and the log has it."""
    go(frame, f"/vms/{vm}/screen")
    canvas = frame.locator(_CANVAS)
    until_connected(frame)
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    canvas.click()
    frame.page.keyboard.type("root\n")
    frame.wait_for_function(_IS_REDRAWN, arg=before, timeout=LOAD)
    _read_log(frame, vm, "56-at-screen")


def stop(frame: Frame) -> None:
    """Stop the VM whose page is open."""
    _choose_action(frame, "Stop")
    expect(frame.get_by_text("Stopped", exact=True).first).to_be_visible(timeout=BOOT)


def delete(cluster: Cluster, frame: Frame, name: str) -> None:
    """Delete the VM whose page is open."""
    _choose_action(frame, "Delete")
    frame.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    cluster.kubectl("wait", f"vm/{name}", "--for=delete", "--timeout=240s")


def edit_yaml(cluster: Cluster, frame: Frame, name: str) -> None:
    """Change the YAML of a Halted VM whose editor is open: with a mistake, then without."""
    keyboard = frame.page.keyboard
    line = frame.locator(".cm-line", has_text="runStrategy: Halted").first
    line.click(timeout=LOAD)
    keyboard.press("End")
    keyboard.type("x")
    frame.get_by_role("button", name="Check and compare").click()
    expect(frame.locator(".cm-lintRange-error").first).to_be_visible(timeout=LOAD)
    line.click()
    keyboard.press("End")
    for _ in "Haltedx":
        keyboard.press("Backspace")
    keyboard.type("Manual")
    frame.get_by_role("button", name="Check and compare").click()
    frame.get_by_role("button", name="Apply", exact=True).click()
    expect(frame.get_by_text("Applied.")).to_be_visible(timeout=LOAD)
    assert cluster.kubectl.get("vm", name)["spec"]["runStrategy"] == "Manual"


def be_refused(frame: Frame, name: str) -> None:
    """See, as a user who may only look, in an open list why a VM cannot be started."""
    expect(frame.get_by_role("link", name=name, exact=True)).to_be_visible(timeout=LOAD)
    frame.get_by_role("button", name=f"Actions for {name}").click()
    start = frame.get_by_role("menuitem", name=re.compile("^Start")).first
    expect(start).to_have_attribute("aria-disabled", "true")
    expect(start).to_contain_text("right")
    go(frame, "/nodes")
    expect(frame.get_by_text("Your rights do not allow").first).to_be_visible(timeout=LOAD)


def _read_log(frame: Frame, vm: str, text: str) -> None:
    go(frame, f"/vms/{vm}/log")
    log = frame.get_by_role("region", name="Log of the serial console")
    expect(log).to_contain_text(text, timeout=BOOT)


def _choose_action(frame: Frame, name: str) -> None:
    frame.get_by_role("button", name="Actions", exact=True).click()
    frame.get_by_role("menuitem", name=re.compile(f"^{name}")).click()
