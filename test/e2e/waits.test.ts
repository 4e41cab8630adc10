/** What mostly waits for real time to pass waits side by side: as files of their own these would wait one after the other. */
import './waits/idle.ts';
import './waits/outage.ts';
