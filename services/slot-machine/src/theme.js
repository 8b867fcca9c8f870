/* The theme that was chosen here, before anything is painted; without a choice the system's, by tokens.css. */
try {
  const chosen = localStorage.getItem('theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is forbidden here: the system's theme it is.
}
