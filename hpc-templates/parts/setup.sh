{{#each setup}}
{{{this}}}
{{/each}}
{{#each environment}}
export {{{@key}}}={{this}}
{{/each}}
