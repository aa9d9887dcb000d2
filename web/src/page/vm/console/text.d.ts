/** A style sheet as text: `import text from "x.css" with { type: "text" }`. */
declare module "@xterm/xterm/css/xterm.css" {
  const text: string;
  export default text;
}
