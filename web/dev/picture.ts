/** A picture of a guest's screen. */

/** A PNG as /vnc/screenshot sends it, with the VM's name on a text screen. */
export async function drawPicture(name: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(720, 400);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas to draw on");
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#aaa";
  context.direction = "ltr"; // not the page's
  context.font = "16px monospace";
  context.fillText("Welcome to Alpine Linux 3.22", 12, 30);
  context.fillText("Kernel 6.12.1-virt on an x86_64 (/dev/tty1)", 12, 52);
  context.fillText(`${name} login: _`, 12, 96);
  return canvas.convertToBlob({ type: "image/png" });
}
