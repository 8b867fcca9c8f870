/**
 * A click on a spin whose details the page does not have.
 */

/** Click on a spin that came from an older page. */
export function clickOnSpin () {
  const row = document.createElement('button')
  row.type = 'button'
  row.title = 'Details of a spin'
  row.dataset.spin = '00c0ffee00c0ffee'
  row.addEventListener('click', showDetails)
  row.click()
}

/** Spins whose details are known, by id. */
const DETAILS = new Map()

function showDetails ({ currentTarget: row }) {
  const spin = DETAILS.get(row.dataset.spin)
  row.textContent = spin.reels.join(' ')
}
