/** The page's entry: the state, the components, the styles. */
import { render } from 'preact';
import { createPageState } from './state/page-state.ts';
import { App } from './ui/app.tsx';
import './style/page.css';

const root = document.querySelector('#app');
if (root !== null) {
  root.replaceChildren();
  render(<App state={createPageState()} />, root);
}
