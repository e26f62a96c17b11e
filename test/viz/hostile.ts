/** Tokens that would break out of markup, speak to a terminal, turn the line around, or be seen by nobody. */
export const hostile = [
  '</title><script>alert("x")</script>',
  "]]>&amp;<!--",
  `"' onload='x`,
  "\u001b[31m\u0007\u0000",
  "\u009b2J\u202eabc",
  "\ud800",
  "\ufffe",
  "",
  " ",
  "\n",
  "\uac00\ub098\ub2e4\ub77c\ub9c8\ubc14\uc0ac\uc544\uc790\ucc28\uce74\ud0c0\ud30c\ud558\uac00\ub098\ub2e4",
  "Donaudampfschifffahrtsgesellschaftskapit\u00e4n",
  "\ud83d\udc69\u200d\ud83d\udcbb",
];
