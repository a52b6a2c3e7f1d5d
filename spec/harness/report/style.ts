/** The style of the HTML report. */
export const STYLE = `
:root { --ink: #1d2430; --soft: #5c6675; --line: #dfe3ea; --paper: #fff; --pass: #1f7a4d; --fail: #c0392b; --errored: #8e3ab5; --skip: #a8b0bc; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaf0; --soft: #9aa4b2; --line: #343b47; --paper: #14181f; --pass: #3fb27a; --fail: #ef6a5b; --errored: #c585e6; --skip: #5b6472; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 60rem; color: var(--ink); background: var(--paper); font: 16px/1.55 system-ui, sans-serif; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.35rem; }
h3 { margin: 0 0 .3rem; font-size: 1.05rem; }
small, .kit { color: var(--soft); font-weight: 400; }
.kit { margin: 0 0 .25rem; }
.verdict { margin: .5rem 0 1rem; font-size: 1.2rem; font-weight: 600; }
.verdict.pass { color: var(--pass); } .verdict.fail { color: var(--fail); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.bar { display: flex; height: .7rem; gap: 2px; border-radius: .35rem; overflow: hidden; }
.bar i { min-width: 4px; }
.bar .pass, .squares .pass { background: var(--pass); } .bar .fail, .squares .fail { background: var(--fail); }
.bar .errored { background: var(--errored); } .bar .skip, .squares .skip { background: var(--skip); }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 500; }
.tiers { margin-top: 1.2rem; }
.tiers th, .tiers td { padding: .2rem 1.6rem .2rem 0; border-bottom: 1px solid var(--line); }
.tiers thead th { color: var(--soft); font-size: .85rem; }
.tiers td { font-variant-numeric: tabular-nums; } .tiers .none { color: var(--skip); }
article { margin: 1rem 0; padding: 1rem 1.2rem; border: 1px solid var(--line); border-left: 4px solid var(--fail); border-radius: .4rem; }
article p { margin: .4rem 0; } article ul, details ul { margin: .4rem 0; padding-left: 1.2rem; }
.example { color: var(--soft); font-size: .92rem; overflow-wrap: anywhere; }
.requirements th { padding: .15rem 1rem .15rem 0; vertical-align: top; white-space: nowrap; }
.squares { line-height: 1.9; }
.squares i { display: inline-block; width: 1.75rem; margin: 0 3px 3px 0; border-radius: .2rem; color: #fff; font: 600 .7rem/1.4rem system-ui, sans-serif; text-align: center; }
@media (max-width: 36rem) { .tiers th, .tiers td { padding-right: .8rem; } .requirements th, .requirements td { display: block; } .differences th { min-width: 7rem; } }
details { border-bottom: 1px solid var(--line); padding: .35rem 0; }
summary { cursor: pointer; }
summary i { display: inline-block; min-width: 4.2rem; font-style: normal; font-weight: 600; }
summary .pass { color: var(--pass); } summary .fail { color: var(--fail); } summary .errored { color: var(--errored); } summary .skip { color: var(--soft); }
details p { margin: .3rem 0; overflow-wrap: anywhere; }
.differences th { min-width: 13rem; padding-right: 1rem; vertical-align: top; } .differences td { font-size: .92rem; overflow-wrap: anywhere; }
`;
