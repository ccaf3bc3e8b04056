/** Prints where the Chromium of npm lies, which it unpacks into the folder of temporary files. */

import chromium from "@sparticuz/chromium";

console.log(JSON.stringify(await chromium.executablePath()));
