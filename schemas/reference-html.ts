/** Text that may stand in HTML, also inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** `code` elements, with commas between them. */
export function codes(values: readonly string[]): string {
  return values.map((value) => `<code>${escapeHtml(value)}</code>`).join(', ')
}

/** The page's only style: two palettes, no font or picture from elsewhere. Contrast of text is at least 4.5 to 1. */
export const referenceStyle = `
:root { color-scheme: light dark; --back: #fff; --text: #1d232b; --soft: #56606d; --line: #d5dae1; --panel: #f5f7f9; --link: #0b5cad; --personal: #9a3412; --personal-back: #ffedd5; --topic: #e3eefb; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14181d; --text: #e4e8ed; --soft: #a2acb8; --line: #38414c; --panel: #1c2229; --link: #7fb8f5; --personal: #fdba74; --personal-back: #43230d; --topic: #1d3550; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 74rem; padding: 1.5rem 1.25rem 4rem; background: var(--back); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.35rem; margin: 3.5rem 0 .25rem; padding-top: 1rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
p { max-width: 46rem; margin: .5rem 0; }
a { color: var(--link); }
code, pre { font: .875em/1.5 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; margin: .4rem 0; }
.scroll { overflow-x: auto; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { columns: 16rem; padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 1rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; min-width: 44rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); font-weight: normal; }
thead th { color: var(--soft); font-size: .875rem; white-space: nowrap; }
tbody th { width: 15rem; }
tbody th.inner { padding-left: 1.25rem; }
td.type { width: 11rem; color: var(--soft); }
.values { display: block; margin-top: .2rem; color: var(--soft); }
.personal { display: inline-block; margin-left: .4rem; padding: 0 .45rem; border-radius: 999px; font-size: .75rem; background: var(--personal-back); color: var(--personal); white-space: nowrap; }
summary { cursor: pointer; margin: 1rem 0 .4rem; color: var(--link); }
svg { display: block; width: 100%; min-width: 46rem; height: auto; margin: 1rem 0; }
svg text { fill: var(--text); font: 14px system-ui, sans-serif; text-anchor: middle; }
svg .heading text { fill: var(--soft); }
svg rect { fill: var(--panel); stroke: var(--line); }
svg .topics rect { fill: var(--topic); }
svg a { text-decoration: none; }
svg a text { fill: var(--link); }
svg path { fill: none; stroke: var(--soft); stroke-opacity: .55; stroke-width: 1.5; }
`
