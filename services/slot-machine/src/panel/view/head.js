/**
 * The head of the panel: find a case, jump to a section, stop everything, close; who fires, and by what right.
 */
import { h, setAttribute, setText } from './dom.js'
import { presenterFrom } from '../presenter.js'

const HOW = 'kubectl -n crash-demo get secret crash-demo-secrets -o jsonpath=\'{.data.fault-token}\' | base64 -d'

/**
 * @param {object} does `close()`, `filter(wanted)`, `jump(panel)`, `jumpToCards()`, `stopAll()`.
 */
export function head (does) {
  const shown = h('output', { class: 'shown', for: 'panel-filter' })
  const search = h('input', {
    id: 'panel-filter',
    type: 'search',
    'aria-label': 'Find a case',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'oom, TypeError, payment …',
    on: { input: () => changed(), keydown: event => clearFirst(event, search, changed) }
  })
  const jumps = h('nav', { class: 'jumps', 'aria-label': 'Sections' })
  const chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'Only this service' })
  const stopAll = button('stop-all', does.stopAll, 'Stop all')
  setAttribute(stopAll, 'data-stop-all', true)
  const close = button('close', does.close, '×')
  setAttribute(close, 'aria-label', 'Close the debug panel')
  // Only where the cards do not stand beside what was pressed.
  const toCards = button('to-cards', does.jumpToCards, 'Fired', h('span', { class: 'count' }))
  let service = null

  function mark (name) {
    for (const chip of chips.querySelectorAll('button')) {
      setAttribute(chip, 'aria-pressed', String(chip.dataset.only === name))
    }
  }

  function changed () {
    does.filter({ text: search.value, service })
  }

  return {
    element: h('header', { class: 'panel-head' },
      h('h2', { id: 'debug-panel-title', tabindex: '-1' }, 'Debug Panel'),
      h('div', { class: 'panel-find' },
        h('label', { class: 'find' }, h('span', { class: 'label' }, 'Find a case'), search), shown),
      jumps,
      h('div', { class: 'panel-ends' }, stopAll, close)),
    chips,
    /** @param {object[]} headings of the sections. @param {string[]} services */
    offer (headings, services) {
      jumps.replaceChildren(toCards, ...headings.map(({ name, panel }) => h('button', {
        type: 'button', 'data-jump': panel, on: { click: () => does.jump(panel) }
      }, name, h('span', { class: 'count' }))))
      chips.replaceChildren(h('span', { class: 'label' }, 'Show only'), ...services.map(name => h('button', {
        type: 'button',
        'data-only': name,
        'aria-pressed': 'false',
        on: {
          click: () => {
            service = service === name ? null : name
            mark(service)
            changed()
          }
        }
      }, name)))
    },
    /** @param {Map<string, number>} bySection @param {number} total */
    counts (bySection, total) {
      const left = [...bySection.values()].reduce((sum, one) => sum + one, 0)
      setText(shown, left === total ? `${total} cases` : `${left} of ${total} cases`)
      for (const jump of jumps.querySelectorAll('[data-jump]')) {
        const cases = bySection.get(jump.dataset.jump) ?? 0
        setText(jump.querySelector('.count'), String(cases))
        jump.disabled = cases === 0
      }
    },
    clearFilter () {
      search.value = ''
      service = null
      mark(null)
      changed()
    },
    cards (count) {
      setText(toCards.querySelector('.count'), count ? String(count) : '')
    },
    active (count) {
      setText(stopAll, count ? `Stop all (${count})` : 'Stop all')
      setAttribute(stopAll, 'data-some', count > 0)
    }
  }
}

function button (name, press, ...children) {
  return h('button', { type: 'button', class: name, on: { click: press } }, ...children)
}

/** Escape empties the field first; empty, it closes the panel. */
function clearFirst (event, field, changed) {
  if (event.key !== 'Escape' || field.value === '') return
  event.stopPropagation()
  event.preventDefault()
  field.value = ''
  changed()
}

/**
 * Who fires.
 *
 * @param {string} name
 * @param {(name: string) => void} keep
 */
export function presenterField (name, keep) {
  const said = h('span', { id: 'presenter-said', class: 'hint' })
  const field = h('input', {
    id: 'presenter',
    type: 'text',
    maxlength: '40',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    'aria-describedby': 'presenter-said',
    on: { change: () => take(field.value), keydown: event => event.key === 'Enter' && take(field.value) }
  })

  function take (typed) {
    const found = presenterFrom(typed)
    setAttribute(field, 'aria-invalid', found ? null : 'true')
    if (!found) {
      setText(said, 'Use 1 to 20 letters, digits or hyphens.')
      return
    }
    field.value = found
    setText(said, `Your runs are tagged ${found}-…`)
    keep(found)
  }

  take(name)
  return h('div', { class: 'setting' }, h('label', { for: 'presenter' }, 'Presenter'), field, said)
}

/**
 * By what right: a pass with its minutes, or the field for the token.
 *
 * @param {import('../access.js').Access} access
 * @param {object} clock
 */
export function accessField (access, clock) {
  const said = h('span', { id: 'token-said', class: 'hint' })
  const field = h('input', {
    id: 'fault-token', type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'token-said'
  })
  const forget = button('quiet', () => {
    field.value = ''
    access.useToken('')
  }, 'Forget it')
  const use = h('button', { type: 'submit', class: 'quiet' }, 'Use')
  const form = h('form', {
    class: 'token-form',
    on: {
      submit: event => {
        event.preventDefault()
        access.useToken(field.value)
      },
      change: () => access.useToken(field.value)
    }
  }, h('label', { for: 'fault-token' }, 'Fault token'), field, use, forget, said)
  const pass = h('p', { class: 'pass' })
  const summary = h('summary', {}, 'Use the fault token instead')
  const own = h('details', { class: 'own-token' }, summary)
  const element = h('div', { class: 'setting access' }, pass, own)

  function update () {
    const minutes = access.passUntil === null ? 0 : Math.max(0, Math.ceil((access.passUntil - clock.now()) / 60_000))
    const inDetails = access.offered
    own.hidden = !inDetails
    const home = inDetails ? own : element
    if (form.parentElement !== home) home.append(form)
    pass.hidden = !inDetails
    setText(pass, passInWords(access, minutes))
    setAttribute(element, 'data-kind', access.kind)
    forget.hidden = access.kind !== 'token'
    setAttribute(field, 'placeholder', access.kind === 'token' ? 'kept in this tab' : 'paste it here')
    setAttribute(field, 'aria-invalid', access.problem && access.kind === 'token' ? 'true' : null)
    setText(said, tokenInWords(access))
  }

  update()
  return {
    element,
    update,
    /** Lead to the field, for somebody who cannot fire without it. */
    askFor () {
      if (access.offered) own.open = true
      field.focus()
    }
  }
}

function passInWords (access, minutes) {
  switch (access.kind) {
    case 'pass': return `This demo has handed out a pass; it is good for ${minutes} min and renewed by itself.`
    case 'token': return 'Your own token is used.'
    default: return access.problem ? `No pass yet: ${access.problem}` : 'Asking for a pass …'
  }
}

function tokenInWords (access) {
  if (access.kind === 'token') return access.problem ?? 'Kept in this tab only, and sent to the gateway only.'
  return `Firing needs it: ${HOW}`
}
