/**
 * Coins that fly off a win. They lie in a layer of their own, over the machine, and move nothing.
 */
const MOST = 48
const FEWEST = 10

/**
 * @param {Element} layer
 * @param {number} multiplier stakes won.
 */
export function fly (layer, multiplier) {
  const count = Math.min(MOST, FEWEST + Math.floor(multiplier / 4))
  for (let number = 0; number < count; number++) {
    const coin = layer.appendChild(document.createElement('i'))
    coin.className = 'coin'
    const sideways = (Math.random() - 0.5) * 1.5
    const up = 0.5 + Math.random() * 0.9
    const turn = (Math.random() - 0.5) * 1080
    const width = layer.clientWidth / 2
    const flight = coin.animate([
      { transform: 'translate(0, 0) rotateX(0) scale(0.4)', opacity: 1, easing: 'cubic-bezier(0.1, 0.7, 0.5, 1)' },
      { transform: `translate(${sideways * width * 0.7}px, ${-up * width * 0.6}px) rotateX(${turn / 2}deg)`, opacity: 1, offset: 0.4, easing: 'cubic-bezier(0.5, 0, 0.9, 0.6)' },
      { transform: `translate(${sideways * width}px, ${width}px) rotateX(${turn}deg)`, opacity: 0 }
    ], { duration: 1000 + Math.random() * 700, delay: Math.random() * 200, fill: 'both' })
    flight.finished.then(() => coin.remove(), () => coin.remove())
  }
}
