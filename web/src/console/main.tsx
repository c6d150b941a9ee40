import { render } from "preact";
import { App } from "./ui/app";

const mount = document.getElementById("app");
if (mount) render(<App />, mount);
